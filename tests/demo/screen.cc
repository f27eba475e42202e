#include "demo/screen.h"

#include <algorithm>
#include <cstdio>

namespace sekisho::demo {
namespace {

constexpr size_t kIndent = 12;

}  // namespace

void PrintField(const std::string& label, const std::string& text) {
  constexpr size_t kWidth = kColumns - kIndent;
  std::string start = "   " + label;
  start.resize(kIndent, ' ');
  for (size_t at = 0; at < text.size();) {
    size_t length = text.size() - at;
    if (length > kWidth) {
      const size_t space = text.rfind(' ', at + kWidth);
      length = space != std::string::npos && space > at ? space - at : kWidth;
    }
    std::printf("%s%.*s\n", start.c_str(), static_cast<int>(length), text.c_str() + at);
    at = std::min(text.find_first_not_of(' ', at + length), text.size());
    start.assign(kIndent, ' ');
  }
}

}  // namespace sekisho::demo
