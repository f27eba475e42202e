#include "record/profile_file.h"

#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "seccomp/parse.h"
#include "seccomp/resolve.h"

namespace sekisho::record {

absl::StatusOr<std::optional<Calls>> EarlierCalls(const std::string& path, bool force) {
  const absl::StatusOr<std::string> bytes = base::ReadFile(path, seccomp::kProfileBytesMax);
  if (absl::IsNotFound(bytes.status())) {
    return std::optional<Calls>();
  }
  // A path that cannot be read at all is none to write over, force or not.
  SEKISHO_RETURN_IF_ERROR(bytes.status());
  absl::StatusOr<Calls> calls = CallsOfOurs(*bytes, path);
  if (calls.ok()) {
    return std::optional(std::move(calls).value());
  }
  if (force) {
    return std::optional<Calls>();
  }
  return absl::FailedPreconditionError(
      base::StrCat(calls.status().message(), "; give another file, or --force to write over it"));
}

absl::Status WriteProfile(const std::string& path, const Calls& calls) {
  return base::WriteFileAtomically(path, seccomp::Render(ToProfile(calls)), 0644);
}

}  // namespace sekisho::record
