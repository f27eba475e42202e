#include "config/digest.h"

#include <cstdint>

#include "base/sha256.h"

namespace sekisho::config {
namespace {

// Eight bytes, big-endian.
std::string Length(std::string_view text) {
  std::string out;
  const uint64_t length = text.size();
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((length >> shift) & 0xff));
  }
  return out;
}

}  // namespace

std::string DigestFiles(const std::vector<std::pair<std::string, std::string>>& names_and_bytes) {
  std::string framed;
  for (const auto& [name, bytes] : names_and_bytes) {
    framed += Length(name);
    framed += name;
    framed += Length(bytes);
    framed += bytes;
  }
  // Empty with a libcrypto without SHA-256; the caller refuses a policy without a fingerprint.
  return base::Sha256Hex(framed);
}

}  // namespace sekisho::config
