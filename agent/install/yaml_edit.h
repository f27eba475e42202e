// One value of a YAML file, changed with as few bytes as possible: comments, order and the rest
// stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::install {

// The text with the scalar at `keys` (from the outermost mapping inwards, e.g. {"upstream",
// "socket"}) set to `value`, quoted where YAML needs it. What is missing is added: a key of the
// outermost mapping at the end of the file, or first in one that is written in braces; a key of a
// section below that section's first line. An error, naming `file` and the line, for what is no
// YAML mapping of one document, and where the key holds something else than a scalar. The result
// reads back as `value` or is refused.
absl::StatusOr<std::string> SetYamlScalar(std::string_view text, const std::string& file,
                                          const std::vector<std::string>& keys,
                                          const std::string& value);

}  // namespace sekisho::install
