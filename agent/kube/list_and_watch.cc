#include "kube/list_and_watch.h"

#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::kube {
namespace {

std::string WithQuery(std::string_view path, std::string_view query,
                      std::vector<std::string> parts) {
  if (!query.empty()) {
    parts.insert(parts.begin(), std::string(query));
  }
  return base::StrCat(path, parts.empty() ? "" : "?", base::StrJoin(parts, "&"));
}

}  // namespace

std::string QueryEscaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kHex[byte >> 4U];
      escaped += kHex[byte & 0xfU];
    }
  }
  return escaped;
}

std::string ListPath(std::string_view path, std::string_view query, const ListQuery& list) {
  std::vector<std::string> parts;
  const bool not_older = !list.consistent && !list.known.empty();
  if (!list.whole && !not_older) {
    parts.push_back(base::StrCat("limit=", list.page_size));
  }
  if (!list.continue_token.empty()) {
    // The token carries the version; a version next to it is refused.
    parts.push_back(base::StrCat("continue=", QueryEscaped(list.continue_token)));
  } else if (not_older) {
    parts.push_back(base::StrCat("resourceVersion=", QueryEscaped(list.known)));
    parts.emplace_back("resourceVersionMatch=NotOlderThan");
  } else if (!list.consistent) {
    parts.emplace_back("resourceVersion=0");
  }
  return WithQuery(path, query, std::move(parts));
}

std::string WatchPath(std::string_view path, std::string_view query, std::string_view known,
                      std::chrono::seconds timeout) {
  return WithQuery(
      path, query,
      {"watch=1", "allowWatchBookmarks=true", base::StrCat("timeoutSeconds=", timeout.count()),
       base::StrCat("resourceVersion=", QueryEscaped(known))});
}

}  // namespace sekisho::kube
