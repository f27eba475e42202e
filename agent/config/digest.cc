#include "config/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

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

std::string Hex(const unsigned char* bytes, unsigned int count) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < count; ++i) {
    out.push_back(kDigits[bytes[i] >> 4]);
    out.push_back(kDigits[bytes[i] & 15]);
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
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(framed.data(), framed.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return {};  // a libcrypto without SHA-256; the caller refuses a policy without a fingerprint
  }
  return Hex(digest.data(), size);
}

}  // namespace sekisho::config
