// One installation at a time.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::install {

// Waits for the lock of `directory`, which is made if need be. Held until the descriptor is closed,
// also by being killed.
absl::StatusOr<base::UniqueFd> TakeRunLock(const std::string& directory);

}  // namespace sekisho::install
