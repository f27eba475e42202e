#include "policy/paths.h"

#include <string>

#include "absl/strings/str_split.h"
#include "base/str_cat.h"

namespace sekisho::policy {

bool IsCleanAbsolutePath(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.find('\0') != std::string_view::npos) {
    return false;
  }
  for (const absl::string_view component : absl::StrSplit(base::AbslView(path.substr(1)), '/')) {
    if (component.empty() || component == "." || component == "..") {
      return false;
    }
  }
  return true;
}

bool IsBelow(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() + 1 && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace sekisho::policy
