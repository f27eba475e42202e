#include "report/palette.h"

#include <array>

namespace sekisho::report {
namespace {

// r, h, a: refused, hardened, audit or warn only, in four steps; *t is the text on that step.
constexpr auto kPalette = std::to_array<Colour>({
    {"bg", "#fdfcfa", "#15171a"},   {"panel", "#f4f2ed", "#1e2125"},
    {"fg", "#1f1e1b", "#e7e5df"},   {"muted", "#5c5a53", "#a8a69e"},
    {"line", "#d8d4cb", "#363a40"}, {"link", "#1d4f7c", "#8fbbe6"},
    {"good", "#1f5f35", "#84cf9c"}, {"warn", "#754a00", "#e5b95c"},
    {"bad", "#9c1f14", "#ff9a8c"},  {"allow", "#d9d5cb", "#3a3f46"},
    {"edge", "#87837a", "#82888f"}, {"harden", "#bd8519", "#b98a2a"},
    {"deny", "#8a160d", "#ff8d7e"}, {"r1", "#fbe3de", "#3a1d19"},
    {"r1t", "#1f1e1b", "#f2e4e1"},  {"r2", "#f3bdb3", "#64271f"},
    {"r2t", "#1f1e1b", "#f7e6e3"},  {"r3", "#dd7b6c", "#97392d"},
    {"r3t", "#1f0b08", "#ffffff"},  {"r4", "#9c1f14", "#f08a7b"},
    {"r4t", "#ffffff", "#1a0705"},  {"h1", "#f9eccb", "#332a14"},
    {"h1t", "#1f1e1b", "#efe7d5"},  {"h2", "#f0d68f", "#54431a"},
    {"h2t", "#1f1e1b", "#f5ecd8"},  {"h3", "#d3a032", "#80621a"},
    {"h3t", "#1a1203", "#ffffff"},  {"h4", "#754a00", "#e0b450"},
    {"h4t", "#ffffff", "#1a1203"},  {"a1", "#e4ebf2", "#1d2a37"},
    {"a1t", "#1f1e1b", "#dfe7ee"},  {"a2", "#bfd1e2", "#2a4259"},
    {"a2t", "#1f1e1b", "#e4ecf4"},  {"a3", "#9db8d3", "#3a5c7e"},
    {"a3t", "#0a1420", "#ffffff"},  {"a4", "#46709a", "#5f8dbb"},
    {"a4t", "#ffffff", "#040c14"},
});

constexpr auto kPairings = std::to_array<Pairing>({
    {"fg", "bg"},     {"fg", "panel"}, {"muted", "bg"}, {"muted", "panel"}, {"link", "bg"},
    {"good", "bg"},   {"warn", "bg"},  {"bad", "bg"},   {"good", "panel"},  {"warn", "panel"},
    {"bad", "panel"}, {"r1t", "r1"},   {"r2t", "r2"},   {"r3t", "r3"},      {"r4t", "r4"},
    {"h1t", "h1"},    {"h2t", "h2"},   {"h3t", "h3"},   {"h4t", "h4"},      {"a1t", "a1"},
    {"a2t", "a2"},    {"a3t", "a3"},   {"a4t", "a4"},
});

}  // namespace

std::span<const Colour> Palette() {
  return kPalette;
}

std::span<const Pairing> Pairings() {
  return kPairings;
}

}  // namespace sekisho::report
