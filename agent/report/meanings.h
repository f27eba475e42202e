// What each check is about, for who reads of it for the first time.
#pragma once

#include <string_view>

namespace sekisho::report {

// One sentence, with its full stop; empty for a check that this release does not know.
std::string_view MeaningOf(std::string_view check);

}  // namespace sekisho::report
