// The fingerprint of a policy.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::config {

// SHA-256, in lower-case hex, over the files in order. Each name and each content goes in with its
// length before it, so that no two different sets of files give the same bytes.
std::string DigestFiles(const std::vector<std::pair<std::string, std::string>>& names_and_bytes);

}  // namespace sekisho::config
