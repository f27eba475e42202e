// The page's colours, in a light and a dark scheme.
#pragma once

#include <span>
#include <string_view>

namespace sekisho::report {

struct Colour {
  std::string_view name;  // of the CSS variable, without its dashes
  std::string_view light;
  std::string_view dark;
};
std::span<const Colour> Palette();

// Text on a ground: what has to be told apart by whoever reads it.
struct Pairing {
  std::string_view text;
  std::string_view ground;
};
std::span<const Pairing> Pairings();

}  // namespace sekisho::report
