#include "install/diff.h"

#include <dtl/dtl.hpp>
#include <sstream>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr size_t kLongestShown = size_t{256} << 10;

bool IsText(const std::string& bytes) {
  return bytes.size() <= kLongestShown && bytes.find('\0') == std::string::npos;
}

// A last line without a line feed differs from the same line with one.
std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) {
      lines.push_back(StrCat(text.substr(begin), "\n\\ No newline at end of file"));
      break;
    }
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::string UnifiedDiff(const FileChange& change) {
  const std::string before = change.before.value_or("");
  const std::string after = change.after.value_or("");
  if (!IsText(before) || !IsText(after)) {
    const char* what = !change.before.has_value()  ? "new"
                       : !change.after.has_value() ? "removed"
                                                   : "replaced";
    return StrCat(change.path, ": ", what, ", ", after.size(), " bytes\n");
  }
  dtl::Diff<std::string> diff(Lines(before), Lines(after));
  diff.compose();
  diff.composeUnifiedHunks();
  std::ostringstream hunks;
  diff.printUnifiedFormat(hunks);
  return StrCat("--- ", change.before.has_value() ? change.path : "/dev/null", "\n+++ ",
                change.after.has_value() ? change.path : "/dev/null", "\n", hunks.str());
}

}  // namespace sekisho::install
