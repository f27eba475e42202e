// Joining of texts, for the same reason as str_cat.h: Abseil's takes no std::string_view here.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sekisho::base {

// The elements of `range`, each as `text(element)`, with `separator` between them.
template <typename Range, typename Text = std::identity>
std::string StrJoin(const Range& range, std::string_view separator, Text text = {}) {
  std::string out;
  bool first = true;
  for (const auto& element : range) {
    if (!first) {
      out.append(separator);
    }
    first = false;
    out.append(std::invoke(text, element));
  }
  return out;
}

}  // namespace sekisho::base
