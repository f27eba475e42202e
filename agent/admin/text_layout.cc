#include "admin/text_layout.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "base/wrapped.h"

namespace sekisho::admin {
namespace {

using base::StrCat;
using base::Tone;

// Values begin in this column.
constexpr size_t kGutter = 17;

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string RightAligned(const std::string& text, size_t width) {
  return StrCat(std::string(width - std::min(width, text.size()), ' '), text);
}

}  // namespace

void TextLayout::Section(std::string_view heading, Tone tone) {
  text_ += StrCat("\n", Styled(tone, heading), "\n");
}

void TextLayout::Line(std::string_view key, std::string_view value, Tone tone) {
  const std::string lines =
      base::Wrapped(Padded(StrCat("  ", key), kGutter - 1), value.empty() ? "-" : value, columns_);
  // The value alone is in the tone, not the blanks before it.
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    const std::string_view line = std::string_view(lines).substr(begin, end - begin);
    const size_t indent = std::min(kGutter, line.size());
    text_ += StrCat(line.substr(0, indent), Styled(tone, line.substr(indent)), "\n");
    begin = end + 1;
  }
}

void TextLayout::LineIf(std::string_view key, std::string_view value, Tone tone) {
  if (!value.empty()) {
    Line(key, value, tone);
  }
}

void TextLayout::Counts(std::string_view key, const std::vector<Count>& counts) {
  std::string names = std::string(kGutter, ' ');
  std::string numbers = Padded(StrCat("  ", key), kGutter);
  size_t width_used = kGutter;
  for (const Count& one : counts) {
    const std::string name = base::Printable(one.name);
    const std::string number = std::to_string(one.count);
    const size_t width = std::max(name.size(), number.size());
    const std::string_view gap = width_used == kGutter ? "" : "  ";
    const Tone tone = one.count == 0 ? Tone::kFaint : one.tone;
    names += StrCat(gap, RightAligned(name, width));
    numbers += StrCat(gap, std::string(width - number.size(), ' '), Styled(tone, number));
    width_used += gap.size() + width;
  }
  if (width_used <= columns_) {
    text_ += StrCat(names, "\n", numbers, "\n");
    return;
  }
  Line(key, base::StrJoin(counts, ", ",
                          [](const Count& one) { return StrCat(one.name, " ", one.count); }));
}

void TextLayout::Paragraph(std::string_view label, std::string_view text) {
  text_ += base::Wrapped(label, text.empty() ? "-" : text, columns_);
}

}  // namespace sekisho::admin
