// The text of systemd's unit files (systemd.syntax(7)): sections, comments, continued lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "install/traced_text.h"

namespace sekisho::install {

struct UnitAssignment {
  std::string section;  // "Service"
  std::string key;      // "ExecStart"
  TracedText value;     // lines joined, blanks at both ends gone, quotes and escapes as written
  size_t line = 0;      // on which it begins, from 1
};

// All assignments of one file, in order. `source` is the number that origins name the file by.
absl::StatusOr<std::vector<UnitAssignment>> ParseUnitFile(std::string_view text,
                                                          const std::string& file, uint32_t source);

}  // namespace sekisho::install
