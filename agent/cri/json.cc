#include "cri/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

namespace sekisho::cri {

absl::Status FromJson(std::string_view json, google::protobuf::Message& message) {
  const google::protobuf::util::Status status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &message);
  if (!status.ok()) {
    return absl::InvalidArgumentError(status.message().ToString());
  }
  return absl::OkStatus();
}

}  // namespace sekisho::cri
