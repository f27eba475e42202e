// Reads the messages of one watch into a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kube/api_object.h"
#include "kube/object_stream.h"
#include "kube/reflector.h"
#include "kube/request_failure.h"

namespace sekisho::kube {

class WatchReader {
 public:
  // Goes on from `resource_version`. The store outlives it.
  WatchReader(size_t message_bytes_max, std::string resource_version, ObjectStore& store);
  WatchReader(const WatchReader&) = delete;
  WatchReader& operator=(const WatchReader&) = delete;

  // A part of the body. After a failure it is of no more use; what came before the failure counts.
  std::optional<RequestFailure> Feed(std::string_view bytes);

  // Up to which version everything was heard.
  const std::string& resource_version() const { return resource_version_; }
  uint64_t messages() const { return messages_; }  // whole and good ones
  uint64_t changes() const { return changes_; }    // those of them that told of a change

 private:
  absl::Status OnLine(std::string_view line);
  absl::Status OnChange(const WatchMessage& message);

  ObjectStore& store_;
  LineSplitter lines_;
  std::string resource_version_;
  uint64_t messages_ = 0;
  uint64_t changes_ = 0;
  std::optional<RequestFailure> told_;  // by the server
};

}  // namespace sekisho::kube
