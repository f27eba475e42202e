#include "audit/json_text.h"

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

namespace sekisho::audit {
namespace {

void AppendEscaped(char c, std::string& out) {
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  out += '\\';
  if (const size_t at = kPlain.find(c); at != std::string_view::npos) {
    out += kLetters[at];
    return;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Eight at a time, which is how nearly all of nearly every text is read. In each byte of the word
// the highest bit is set when that byte is not plain; what carries over to the next one only makes
// a plain byte look as if it were not.
bool ArePlain(const char* eight) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x80 * kOnes;
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof(word));
  const auto has_zero = [](uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
  const uint64_t below_blank = (word - 0x20 * kOnes) & ~word;
  return ((word | below_blank | has_zero(word ^ '"' * kOnes) | has_zero(word ^ '\\' * kOnes)) &
          kHigh) == 0;
}

// The first byte from `from` on that is not plain, or the length.
size_t PlainUntil(std::string_view text, size_t from) {
  size_t at = from;
  while (at + 8 <= text.size() && ArePlain(text.data() + at)) {
    at += 8;
  }
  while (at < text.size() && IsPlain(text[at])) {
    ++at;
  }
  return at;
}

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) {
  const size_t begun = out.size();
  out += '"';
  for (size_t at = 0;;) {
    const size_t end = PlainUntil(text, at);
    out += text.substr(at, end - at);
    if (end == text.size()) {
      break;
    }
    if (static_cast<unsigned char>(text[end]) >= 0x80) {
      // The library knows what is UTF-8 and what is not.
      out.resize(begun);
      out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return;
    }
    AppendEscaped(text[end], out);
    at = end + 1;
  }
  out += '"';
}

}  // namespace sekisho::audit
