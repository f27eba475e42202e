#include "manifest/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace sekisho::manifest {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Numbers up to 128 bits, so that no product overflows before it is cut to 64.
using Wide = unsigned __int128;
constexpr Wide kWidest = static_cast<Wide>(1) << 96;

// value = digits * 10^exponent * 2^shift
struct Quantity {
  bool negative = false;
  Wide digits = 0;
  int exponent = 0;
  int shift = 0;
};

struct Suffix {
  std::string_view text;
  int exponent;
  int shift;
};
constexpr std::array<Suffix, 16> kSuffixes = {{
    {"", 0, 0},
    {"n", -9, 0},
    {"u", -6, 0},
    {"m", -3, 0},
    {"k", 3, 0},
    {"M", 6, 0},
    {"G", 9, 0},
    {"T", 12, 0},
    {"P", 15, 0},
    {"E", 18, 0},
    {"Ki", 0, 10},
    {"Mi", 0, 20},
    {"Gi", 0, 30},
    {"Ti", 0, 40},
    {"Pi", 0, 50},
    {"Ei", 0, 60},
}};

bool ReadSuffix(std::string_view text, Quantity& quantity) {
  const auto found = std::find_if(kSuffixes.begin(), kSuffixes.end(),
                                  [&](const Suffix& each) { return each.text == text; });
  if (found != kSuffixes.end()) {
    quantity.exponent += found->exponent;
    quantity.shift = found->shift;
    return true;
  }
  if (text.front() != 'e' && text.front() != 'E') {
    return false;
  }
  text.remove_prefix(text.substr(1).starts_with('+') ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  quantity.exponent += std::clamp(exponent, -100, 100);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<Quantity> Parse(std::string_view text) {
  Quantity quantity;
  if (text.starts_with('-') || text.starts_with('+')) {
    quantity.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool any = false;
  bool after_point = false;
  while (!text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '.') {
      if (after_point) {
        return std::nullopt;
      }
      after_point = true;
      continue;
    }
    any = true;
    if (quantity.digits < kWidest) {
      quantity.digits = quantity.digits * 10 + static_cast<Wide>(c - '0');
      quantity.exponent -= after_point ? 1 : 0;
    } else {
      quantity.exponent += after_point ? 0 : 1;
    }
  }
  return any && ReadSuffix(text, quantity) ? std::optional(quantity) : std::nullopt;
}

int64_t InUnits(Quantity quantity, int decimals) {
  int exponent = quantity.exponent + decimals;
  Wide value = quantity.digits;
  bool rest = false;
  for (int i = 0; i < quantity.shift && value < kWidest; ++i) {
    value *= 2;
  }
  for (; exponent > 0 && value < kWidest && value != 0; --exponent) {
    value *= 10;
  }
  for (; exponent < 0 && value != 0; ++exponent) {
    rest = rest || value % 10 != 0;
    value /= 10;
  }
  value += rest ? 1 : 0;
  const int64_t cut = value > static_cast<Wide>(kMost) ? kMost : static_cast<int64_t>(value);
  return quantity.negative ? -cut : cut;
}

std::optional<int64_t> ParseIn(std::string_view text, int decimals) {
  const std::optional<Quantity> quantity = Parse(text);
  return quantity.has_value() ? std::optional(InUnits(*quantity, decimals)) : std::nullopt;
}

}  // namespace

std::optional<int64_t> ParseMilli(std::string_view quantity) {
  return ParseIn(quantity, 3);
}

std::optional<int64_t> ParseWhole(std::string_view quantity) {
  return ParseIn(quantity, 0);
}

}  // namespace sekisho::manifest
