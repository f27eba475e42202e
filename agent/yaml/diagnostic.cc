#include "yaml/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::yaml {

std::string Diagnostic::ToString() const {
  std::string out = file;
  if (line > 0) {
    out += base::StrCat(":", line, ":", column);
  }
  if (!key.empty()) {
    out += base::StrCat(": ", key);
  }
  out += base::StrCat(": ", message);
  if (!fix.empty()) {
    out += base::StrCat(" (", fix, ")");
  }
  return out;
}

Diagnostic MakeDiagnostic(std::string file, Location where, std::string key, std::string message,
                          std::string fix) {
  return {.file = std::move(file),
          .line = where.line,
          .column = where.column,
          .key = std::move(key),
          .message = std::move(message),
          .fix = std::move(fix)};
}

Diagnostic AboutFile(std::string file, std::string message, std::string fix) {
  return MakeDiagnostic(std::move(file), {}, {}, std::move(message), std::move(fix));
}

void SortByPlace(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics) {
  const auto rank = [&](const Diagnostic& each) {
    return std::tuple(std::find(files.begin(), files.end(), each.file) - files.begin(), each.line,
                      each.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
}

}  // namespace sekisho::yaml
