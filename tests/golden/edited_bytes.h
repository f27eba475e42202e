// Holds what the audit log says was edited against what the runtime was really given.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "policy/decision.h"

namespace sekisho::testing {

// Says how `after` is not `before` with exactly these edits: a value that is not the one recorded,
// or a difference that no edit tells of. Empty when there is no contradiction.
std::string ContradictionOf(const google::protobuf::Message& before,
                            const google::protobuf::Message& after,
                            const std::vector<policy::EditRecord>& edits);

}  // namespace sekisho::testing
