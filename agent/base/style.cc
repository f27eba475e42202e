#include "base/style.h"

#include "base/str_cat.h"

namespace sekisho::base {
namespace {

// The eight colours of every terminal, which people choose so that they can read them on their
// background, light or dark.
std::string_view SequenceOf(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kChanged:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[1;31m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kHeading:
      return "\x1b[1m";
    case Tone::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Styled(Tone tone, std::string_view text, bool colour) {
  const std::string_view sequence = SequenceOf(tone);
  if (!colour || sequence.empty() || text.empty()) {
    return std::string(text);
  }
  return StrCat(sequence, text, "\x1b[0m");
}

}  // namespace sekisho::base
