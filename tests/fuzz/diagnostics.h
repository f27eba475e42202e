// What must hold of every refusal of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::testing {

// There is one, and each has a message without control characters and a place inside of the file.
// Says what is not so.
std::string BrokenDiagnostics(std::string_view bytes, const std::vector<yaml::Diagnostic>& errors);

}  // namespace sekisho::testing
