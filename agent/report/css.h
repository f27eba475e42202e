// The page's style sheet.
#pragma once

#include <string>

namespace sekisho::report {

std::string StyleSheet();

}  // namespace sekisho::report
