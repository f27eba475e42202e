#include "kube/text.h"

#include <algorithm>

#include "base/utf8.h"

namespace sekisho::kube {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr size_t kLabelMax = 63;
constexpr size_t kSubdomainMax = 253;

// Not those of <cctype>: they go by the locale.
bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// The last place at or before `end` where a character begins; `end` in what is no UTF-8.
size_t Boundary(std::string_view text, size_t end) {
  for (size_t place = end, steps = 0; steps < 4; --place, ++steps) {
    if ((static_cast<unsigned char>(text[place]) & 0xC0) != 0x80) {
      return place;
    }
    if (place == 0) {
      break;
    }
  }
  return end;
}

}  // namespace

std::string OneLine(std::string_view text, size_t bytes_max) {
  // Printing never shortens, so that one character more than fits is enough to see that it does
  // not. The longest has four bytes.
  const size_t enough = bytes_max + 4;
  std::string line =
      base::Printable(text.size() > enough ? text.substr(0, Boundary(text, enough)) : text);
  if (line.size() > bytes_max) {
    line.resize(Boundary(line, bytes_max - kEllipsis.size()));
    line.append(kEllipsis);
  }
  return line;
}

bool IsDnsLabel(std::string_view name) {
  return !name.empty() && name.size() <= kLabelMax && IsLowerOrDigit(name.front()) &&
         IsLowerOrDigit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view name) {
  if (name.empty() || name.size() > kSubdomainMax) {
    return false;
  }
  // A label of it may be longer than 63 to Kubernetes.
  const auto is_part = [](std::string_view part) {
    return !part.empty() && IsLowerOrDigit(part.front()) && IsLowerOrDigit(part.back()) &&
           std::ranges::all_of(part, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
  };
  for (size_t begin = 0;;) {
    const size_t dot = name.find('.', begin);
    if (!is_part(name.substr(begin, dot - begin))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    begin = dot + 1;
  }
}

std::string PathSegment(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '~' ||
        c == '.') {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace sekisho::kube
