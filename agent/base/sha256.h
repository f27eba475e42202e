// SHA-256. The only place that includes libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::base {

// The digest of `bytes` in lower-case hex, 64 characters. Empty when libcrypto has no SHA-256: a
// caller that relies on it refuses then.
std::string Sha256Hex(std::string_view bytes);

}  // namespace sekisho::base
