// Who reads the page may see badly, or in another scheme than its makers.
#include "report/palette.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace sekisho::testing {
namespace {

using report::Colour;

// Relative luminance as WCAG 2.2 defines it.
double Luminance(std::string_view colour) {
  if (colour.size() != 7 || colour.front() != '#') {
    throw std::runtime_error("no colour: " + std::string(colour));
  }
  const auto channel = [colour](size_t at) {
    const double value = std::stoi(std::string(colour.substr(at, 2)), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

double Contrast(std::string_view a, std::string_view b) {
  const auto [low, high] = std::minmax({Luminance(a), Luminance(b)});
  return (high + 0.05) / (low + 0.05);
}

const Colour& Named(std::string_view name) {
  const auto palette = report::Palette();
  const auto it = std::find_if(palette.begin(), palette.end(),
                               [name](const Colour& colour) { return colour.name == name; });
  if (it == palette.end()) {
    throw std::runtime_error("no colour " + std::string(name));
  }
  return *it;
}

TEST(Palette, TextIsReadableInBothSchemes) {
  constexpr double kAa = 4.5;
  for (const report::Pairing& pairing : report::Pairings()) {
    SCOPED_TRACE(std::string(pairing.text) + " on " + std::string(pairing.ground));
    EXPECT_GE(Contrast(Named(pairing.text).light, Named(pairing.ground).light), kAa);
    EXPECT_GE(Contrast(Named(pairing.text).dark, Named(pairing.ground).dark), kAa);
  }
}

TEST(Palette, BarsAreToldFromTheGroundAndFromEachOther) {
  constexpr double kGraphics = 3.0;
  const struct {
    std::string_view a;
    std::string_view b;
    double least;
  } kRows[] = {{"harden", "bg", kGraphics},
               {"deny", "bg", kGraphics},
               {"edge", "bg", kGraphics},  // the outline of the pale bars
               // Not by hue alone: what lies on each other differs in lightness, too.
               {"allow", "harden", 1.8},
               {"harden", "deny", 1.3}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(std::string(row.a) + " beside " + std::string(row.b));
    EXPECT_GE(Contrast(Named(row.a).light, Named(row.b).light), row.least);
    EXPECT_GE(Contrast(Named(row.a).dark, Named(row.b).dark), row.least);
  }
}

TEST(Palette, EachStepOfTheHeatMapIsStrongerThanTheOneBefore) {
  for (const std::string kind : {"r", "h", "a"}) {
    for (const char step : {'1', '2', '3'}) {
      const Colour& weak = Named(kind + step);
      const Colour& strong = Named(kind + static_cast<char>(step + 1));
      EXPECT_GT(Luminance(weak.light), Luminance(strong.light)) << kind << step;
      EXPECT_LT(Luminance(weak.dark), Luminance(strong.dark)) << kind << step;
    }
  }
}

}  // namespace
}  // namespace sekisho::testing
