#include "bench/page.h"

#include "base/str_cat.h"
#include "bench/table.h"
#include "support/text_file.h"

namespace sekisho::bench {

absl::Status WriteIntoPage(const Results& results, const std::string& path) {
  constexpr std::string_view kBegin = "<!-- results -->\n";
  constexpr std::string_view kEnd = "<!-- /results -->";
  std::string page = testing::ReadText(path);
  const size_t begin = page.find(kBegin);
  const size_t end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return absl::NotFoundError(base::StrCat(path, " has no place for results: ", kEnd));
  }
  const size_t from = begin + kBegin.size();
  page.replace(from, end - from, base::StrCat("\n```\n", TableOf(results), "```\n\n"));
  testing::WriteText(path, page);
  return absl::OkStatus();
}

}  // namespace sekisho::bench
