// Patterns over names: `*` stands for any run of characters, `?` for one.
#pragma once

#include <string_view>

namespace sekisho::policy {

// Whether `text` as a whole matches `pattern`. Linear in the text for one `*`, never exponential.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace sekisho::policy
