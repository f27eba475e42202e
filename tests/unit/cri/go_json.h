// Protobuf messages as the Go programs on a node write them when they do not use protobuf's JSON.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace sekisho::cri {

// As Go's encoding/json writes the struct that is generated for a message: the protocol's names,
// numbers as numbers (int64 too), and no field that is zero or empty (omitempty).
nlohmann::json GoJson(const google::protobuf::Message& message);

}  // namespace sekisho::cri
