// What this build cannot judge in a message: field numbers it does not know, enum values that the
// protocol did not have.
#pragma once

#include <string_view>
#include <vector>

#include "policy/facts.h"

namespace google::protobuf {
class Message;
}

namespace sekisho::cri {

// Walks `message` and everything in it, and appends what is unknown with its path below `path`.
// Meant for security contexts, mounts and devices: elsewhere a field that a newer kubelet sends
// must not stop a node.
void FindUnknown(const google::protobuf::Message& message, std::string_view path,
                 std::vector<policy::UnknownField>& found);

}  // namespace sekisho::cri
