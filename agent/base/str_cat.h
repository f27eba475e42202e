// String concatenation that takes std::string_view.
//
// Debian 12 builds Abseil with its own string_view, which std::string_view does not convert to, so
// absl::StrCat refuses half of what this code base passes around.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace sekisho::base {

// Converts between the two string_views. The result borrows from the argument.
inline std::string_view StdView(absl::string_view text) {
  return {text.data(), text.size()};
}
inline absl::string_view AbslView(std::string_view text) {
  return {text.data(), text.size()};
}

namespace internal {

inline void Append(std::string& out, std::string_view part) {
  out.append(part);
}
inline void Append(std::string& out, absl::string_view part) {
  out.append(StdView(part));
}
inline void Append(std::string& out, const std::string& part) {
  out.append(part);
}
inline void Append(std::string& out, const char* part) {
  out.append(part);
}
inline void Append(std::string& out, char part) {
  out.push_back(part);
}
template <std::integral Number>
void Append(std::string& out, Number part) {
  out.append(std::to_string(part));
}

}  // namespace internal

// Text (every kind of string), single characters and integers (in decimal), one after the other.
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  (internal::Append(out, parts), ...);
  return out;
}

}  // namespace sekisho::base
