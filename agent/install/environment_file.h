// The text of EnvironmentFile= (systemd.exec(5)): a shell's assignments without the shell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "install/traced_text.h"

namespace sekisho::install {

struct FileAssignment {
  std::string name;
  TracedText value;  // without quotes and escapes
};

// All assignments, in order; of two of one name the later counts. Those whose name is none of a
// variable ("export NAME") are left out, as systemd ignores them. An error for a quote that is
// never closed, and for what systemd's versions read differently: a comment that ends in a
// backslash, and a backslash before a carriage return.
absl::StatusOr<std::vector<FileAssignment>> ParseEnvironmentFile(std::string_view text,
                                                                 const std::string& file,
                                                                 uint32_t source);

}  // namespace sekisho::install
