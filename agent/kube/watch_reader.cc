#include "kube/watch_reader.h"

#include <utility>

#include "absl/status/statusor.h"

namespace sekisho::kube {
namespace {

// Of two versions that are numbers, as they are since Kubernetes 1.35 by promise and were before by
// habit, whether the first is the lower one.
bool IsLower(std::string_view a, std::string_view b) {
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.front() != '0' &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return is_number(a) && is_number(b) && (a.size() != b.size() ? a.size() < b.size() : a < b);
}

}  // namespace

WatchReader::WatchReader(size_t message_bytes_max, std::string resource_version, ObjectStore& store)
    : store_(store),
      lines_(message_bytes_max, [this](std::string_view line) { return OnLine(line); }),
      resource_version_(std::move(resource_version)) {}

std::optional<RequestFailure> WatchReader::Feed(std::string_view bytes) {
  const absl::Status status = lines_.Feed(bytes);
  if (status.ok()) {
    return std::nullopt;
  }
  if (told_.has_value()) {
    return told_;
  }
  // What could not be read may have been a change.
  RequestFailure failure = FailureOf(status);
  failure.list_anew = true;
  return failure;
}

absl::Status WatchReader::OnLine(std::string_view line) {
  const absl::StatusOr<WatchMessage> message = ParseWatchMessage(line);
  if (!message.ok()) {
    return message.status();
  }
  if (message->type == "ERROR") {
    told_ = FailureOf(ApiStatusOf(message->object));
    return absl::AbortedError("the server tells of an error");
  }
  const std::string_view version = MetadataText(message->object, "resourceVersion");
  if (!IsWatchable(version)) {
    return absl::InvalidArgumentError("a message without a resourceVersion");
  }
  // A server that lags behind the one before, or whose storage was restored from a backup. A list
  // says which it is.
  if (IsLower(version, resource_version_)) {
    return absl::OutOfRangeError("the versions go back");
  }
  if (message->type != "BOOKMARK") {
    if (absl::Status status = OnChange(*message); !status.ok()) {
      return status;
    }
    ++changes_;
  }
  ++messages_;
  resource_version_ = version;
  return absl::OkStatus();
}

absl::Status WatchReader::OnChange(const WatchMessage& message) {
  if (message.type == "ADDED" || message.type == "MODIFIED") {
    return store_.Changed(message.object);
  }
  if (message.type == "DELETED") {
    return store_.Deleted(message.object);
  }
  return absl::InvalidArgumentError("a message of an unknown type");
}

}  // namespace sekisho::kube
