// Colours in a text that is already laid out: what a line says first, and nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "base/style.h"

namespace sekisho::check {

// `text` with the `size` bytes from `at` on in the tone. Sequences take no column, so this comes
// after the breaking of lines.
inline std::string WithTone(const std::string& text, size_t at, size_t size, base::Tone tone,
                            bool colour) {
  const std::string_view all = text;
  return base::StrCat(all.substr(0, at), base::Styled(tone, all.substr(at, size), colour),
                      all.substr(at + size));
}

}  // namespace sekisho::check
