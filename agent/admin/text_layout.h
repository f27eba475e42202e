// Sections of keys and values for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/style.h"

namespace sekisho::admin {

// One number of a row, below its name.
struct Count {
  std::string name;
  uint64_t count = 0;
  base::Tone tone = base::Tone::kPlain;
};

// Values may hold anything; keys and headings are ours.
class TextLayout {
 public:
  TextLayout(size_t columns, bool colour) : columns_(columns), colour_(colour) {}

  void Section(std::string_view heading, base::Tone tone = base::Tone::kHeading);
  // "  key           value", broken at blanks. Without a key: more of the line above.
  void Line(std::string_view key, std::string_view value, base::Tone tone = base::Tone::kPlain);
  // The same, unless there is no value.
  void LineIf(std::string_view key, std::string_view value, base::Tone tone = base::Tone::kPlain);
  // Two lines: names, and below them the numbers; or a list, where that is too wide. A tone is used
  // for what is not zero.
  void Counts(std::string_view key, const std::vector<Count>& counts);
  // Text that stands for itself, behind `label`, whose width is that of its first line's indent.
  void Paragraph(std::string_view label, std::string_view text);
  void Add(std::string_view text) { text_ += text; }

  size_t columns() const { return columns_; }
  std::string Styled(base::Tone tone, std::string_view text) const {
    return base::Styled(tone, text, colour_);
  }
  std::string Take() { return std::move(text_); }

 private:
  const size_t columns_;
  const bool colour_;
  std::string text_;
};

}  // namespace sekisho::admin
