// Text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sekisho::base {

// `text` broken at blanks into lines of at most `columns`, the first one behind `label`, the others
// below it. A word that is longer stays whole: it is a path or a message to copy.
std::string Wrapped(std::string_view label, std::string_view text, size_t columns);

}  // namespace sekisho::base
