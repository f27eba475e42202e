#include "install/text_check.h"

#include <algorithm>
#include <optional>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "install/refusal.h"

namespace sekisho::install {

absl::Status CheckText(std::string_view text, const std::string& file) {
  const std::optional<base::BadText> bad = base::FindBadText(text);
  if (bad.has_value()) {
    return RefuseAt(file, LineOf(text, bad->offset), base::StrCat("not plain text: ", bad->what));
  }
  return absl::OkStatus();
}

size_t LineOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
}

}  // namespace sekisho::install
