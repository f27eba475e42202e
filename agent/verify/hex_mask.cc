#include "verify/hex_mask.h"

#include <charconv>

namespace sekisho::verify {

constexpr size_t kDigits = 16;

std::string HexMask(uint64_t mask) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(kDigits, '0');
  for (size_t i = kDigits; i > 0; mask >>= 4) {
    text[--i] = kHex[mask & 15];
  }
  return text;
}

std::optional<uint64_t> ParseHexMask(std::string_view text) {
  uint64_t mask = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mask, 16);
  if (text.size() != kDigits || error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return mask;
}

}  // namespace sekisho::verify
