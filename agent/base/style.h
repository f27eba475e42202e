// SGR sequences for a terminal, or none.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::base {

enum class Tone { kPlain, kGood, kChanged, kBad, kFaint, kHeading };

// `text` in the tone when `colour` is set, and as it is otherwise. The text itself must be
// printable (base::Printable).
std::string Styled(Tone tone, std::string_view text, bool colour);

}  // namespace sekisho::base
