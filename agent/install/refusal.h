// Errors that name their place, as everything does that an operator has to put right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/str_cat.h"

namespace sekisho::install {

// "file:line: what"; without the line for 0.
inline absl::Status RefuseAt(std::string_view file, size_t line, std::string_view what) {
  return absl::FailedPreconditionError(line == 0 ? base::StrCat(file, ": ", what)
                                                 : base::StrCat(file, ":", line, ": ", what));
}

// For what is found where no place is known; the caller adds it with At.
inline absl::Status Refuse(std::string_view what) {
  return absl::FailedPreconditionError(base::AbslView(what));
}
inline absl::Status At(std::string_view file, size_t line, const absl::Status& status) {
  return RefuseAt(file, line, base::StdView(status.message()));
}

}  // namespace sekisho::install
