// What is fit to stand in a text file of ours, and to be printed to a terminal or a log.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho::base {

struct BadText {
  size_t offset = 0;      // of the first byte that is not right
  std::string_view what;  // "a control character", "bytes that are not UTF-8"
};

// The first control character (but tab, line feed and carriage return), or the first byte that
// begins no well-formed UTF-8 character (Unicode 15, table 3-7: no overlong forms, no surrogates).
std::optional<BadText> FindBadText(std::string_view bytes);

// The text with everything that FindBadText finds, and tab and line breaks, as \xNN.
std::string Printable(std::string_view text);

}  // namespace sekisho::base
