#include "fuzz/diagnostics.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::testing {

std::string BrokenDiagnostics(std::string_view bytes, const std::vector<yaml::Diagnostic>& errors) {
  const auto lines = static_cast<int>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  if (errors.empty()) {
    return "refused without a word";
  }
  for (const yaml::Diagnostic& each : errors) {
    const std::string text = each.ToString();
    if (each.message.empty() || base::Printable(text) != text || text.size() > 4096) {
      return base::StrCat("not fit to be printed: ", base::Printable(text));
    }
    if (each.line < 0 || each.line > lines || (each.line > 0 && each.column < 1) ||
        each.column > static_cast<int>(bytes.size()) + 1) {
      return base::StrCat("outside of the file: ", text);
    }
  }
  return {};
}

}  // namespace sekisho::testing
