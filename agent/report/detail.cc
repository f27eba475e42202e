#include "report/detail.h"

#include <algorithm>

namespace sekisho::report::detail {
namespace {

void AddOnce(std::string_view item, std::vector<std::string>& items) {
  if (items.size() < kListMax && std::find(items.begin(), items.end(), item) == items.end()) {
    items.emplace_back(item);
  }
}

// `"a", "b"` at the beginning of `text`.
void ReadQuoted(std::string_view text, std::vector<std::string>& items) {
  while (text.starts_with('"')) {
    const size_t end = text.find('"', 1);
    if (end == std::string_view::npos) {
      return;
    }
    AddOnce(text.substr(1, end - 1), items);
    text.remove_prefix(end + 1);
    if (!text.starts_with(", ")) {
      return;
    }
    text.remove_prefix(2);
  }
}

}  // namespace

std::vector<std::string> ContainersIn(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view marker : {"container \"", "containers \""}) {
    for (size_t at = text.find(marker); at != std::string_view::npos;
         at = text.find(marker, at + marker.size())) {
      ReadQuoted(text.substr(at + marker.size() - 1), names);
    }
  }
  return names;
}

bool NamesPod(std::string_view text) {
  return text.starts_with("pod and ") || text.starts_with("pod must ") ||
         text.starts_with("pod set ");
}

std::vector<std::string> QuotedAfter(std::string_view text, std::string_view marker) {
  std::vector<std::string> items;
  if (const size_t at = text.find(marker); at != std::string_view::npos) {
    ReadQuoted(text.substr(at + marker.size()), items);
  }
  return items;
}

std::string WordAfter(std::string_view text, std::string_view marker) {
  const size_t at = text.find(marker);
  if (at == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = text.substr(at + marker.size());
  return std::string(rest.substr(0, rest.find_first_of(" ,;)")));
}

std::vector<std::string> KeysWithPrefix(std::string_view text, std::string_view prefix) {
  std::vector<std::string> keys;
  for (size_t at = text.find(prefix); at != std::string_view::npos;
       at = text.find(prefix, at + prefix.size())) {
    const size_t end = text.find("=\"", at);
    if (end == std::string_view::npos) {
      break;
    }
    AddOnce(text.substr(at, end - at), keys);
  }
  return keys;
}

std::vector<std::string_view> Parts(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (parts.size() < kListMax) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    text.remove_prefix(end + separator.size());
  }
  return parts;
}

}  // namespace sekisho::report::detail
