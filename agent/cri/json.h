// CRI messages as protobuf JSON, the form of recordings.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}

namespace sekisho::cri {

// Fills `message` from one JSON object with proto or JSON field names. A member that the message
// does not have is an error that names it.
absl::Status FromJson(std::string_view json, google::protobuf::Message& message);

}  // namespace sekisho::cri
