// The file that recordings are added up in.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "record/learn.h"

namespace sekisho::record {

// What earlier recordings left there; nothing when there is no file. A file that no recording made
// is an error, but with `force`: then it counts as none, and will be written over.
absl::StatusOr<std::optional<Calls>> EarlierCalls(const std::string& path, bool force);

// Readable by everybody (it says nothing that /proc would not), written by a rename.
absl::Status WriteProfile(const std::string& path, const Calls& calls);

}  // namespace sekisho::record
