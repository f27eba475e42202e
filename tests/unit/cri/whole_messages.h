// Whole messages, unknown fields included: to compare them, and to put such fields into them.
#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace sekisho::cri {

// Maps in a fixed order; unknown fields included.
std::string Bytes(const google::protobuf::Message& message);

// An unknown field in `message` and in every message inside it. How many there are.
int AddUnknownEverywhere(google::protobuf::Message& message);

}  // namespace sekisho::cri
