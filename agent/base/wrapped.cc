#include "base/wrapped.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::base {
namespace {

// What a line is about stands before this column.
constexpr size_t kGutter = 10;

}  // namespace

std::string Wrapped(std::string_view label, std::string_view text, size_t columns) {
  const std::string printable = Printable(text);
  std::string out(label);
  out.resize(label.empty() ? 0 : std::max(kGutter, label.size() + 1), ' ');
  const std::string indent(out.size(), ' ');
  size_t used = out.size();
  bool line_empty = true;
  for (std::string_view rest = printable; !rest.empty();) {
    const size_t blank = rest.find(' ');
    const std::string_view word = rest.substr(0, blank);
    if (!line_empty && used + 1 + word.size() > columns) {
      out += base::StrCat("\n", indent);
      used = indent.size();
      line_empty = true;
    }
    if (!line_empty) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
    line_empty = false;
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  }
  return out + "\n";
}

}  // namespace sekisho::base
