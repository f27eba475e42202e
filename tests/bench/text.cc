#include "bench/text.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace sekisho::bench {

std::string Format(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  std::string text(static_cast<size_t>(length), '\0');
  (void)std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

std::string Figure(double value) {
  const double size = std::abs(value);
  if (size < 1000) {
    return Format("%.*f", size < 1 && size > 0 ? 2 : (size < 100 ? 1 : 0), value);
  }
  std::string text = Format("%.0f", value);
  for (size_t at = text.size(); at > (value < 0 ? 4U : 3U);) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

}  // namespace sekisho::bench
