// What a person asks for on the command line, checked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "record/recording.h"

namespace sekisho::record {

// "90s", "10m", "1h", "1h30m": from a second to kLongestRecording.
absl::StatusOr<std::chrono::seconds> DurationFrom(std::string_view text);

// Namespace and container are Kubernetes' names, without patterns: who wants to record two says so
// twice. Only a pod's name may have `*` and `?`.
absl::StatusOr<Recording> RecordingOf(const std::string& pod_namespace, const std::string& pod,
                                      const std::string& container);

}  // namespace sekisho::record
