#include "base/utf8.h"

#include <array>

namespace sekisho::base {
namespace {

bool InRange(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

// The length of the well-formed character at `offset`, or 0.
size_t CharacterLength(std::string_view bytes, size_t offset) {
  // First byte, length, and the allowed range of the second byte; later ones are 80..BF.
  struct Row {
    unsigned char first_low, first_high;
    size_t length;
    unsigned char second_low, second_high;
  };
  static constexpr std::array<Row, 8> kRows = {{
      {0xC2, 0xDF, 2, 0x80, 0xBF},
      {0xE0, 0xE0, 3, 0xA0, 0xBF},  // below: overlong
      {0xE1, 0xEC, 3, 0x80, 0xBF},
      {0xED, 0xED, 3, 0x80, 0x9F},  // above: surrogates
      {0xEE, 0xEF, 3, 0x80, 0xBF},
      {0xF0, 0xF0, 4, 0x90, 0xBF},  // below: overlong
      {0xF1, 0xF3, 4, 0x80, 0xBF},
      {0xF4, 0xF4, 4, 0x80, 0x8F},  // above: beyond U+10FFFF
  }};
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (at(offset) < 0x80) {
    return 1;
  }
  for (const Row& row : kRows) {
    if (!InRange(at(offset), row.first_low, row.first_high)) {
      continue;
    }
    if (offset + row.length > bytes.size() ||
        !InRange(at(offset + 1), row.second_low, row.second_high)) {
      return 0;
    }
    for (size_t i = offset + 2; i < offset + row.length; ++i) {
      if (!InRange(at(i), 0x80, 0xBF)) {
        return 0;
      }
    }
    return row.length;
  }
  return 0;
}

// C0 (without tab and line breaks), DEL, and C1 (U+0080..U+009F, of which U+0085 is a line break to
// YAML 1.1 but not to YAML 1.2).
bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 2) {
    return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  }
  return first == 0x7F || (first < 0x20 && first != '\t' && first != '\n' && first != '\r');
}

}  // namespace

std::optional<BadText> FindBadText(std::string_view bytes) {
  for (size_t offset = 0; offset < bytes.size();) {
    const size_t length = CharacterLength(bytes, offset);
    if (length == 0) {
      return BadText{offset, "bytes that are not UTF-8"};
    }
    if (IsControl(bytes.substr(offset, length))) {
      return BadText{offset, "a control character"};
    }
    offset += length;
  }
  return std::nullopt;
}

std::string Printable(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (size_t offset = 0; offset < text.size();) {
    const size_t length = CharacterLength(text, offset);
    const char first = text[offset];
    if (length == 0 || first == '\t' || first == '\n' || first == '\r' ||
        IsControl(text.substr(offset, length))) {
      const auto byte = static_cast<unsigned char>(first);
      out.append("\\x").push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
      ++offset;
    } else {
      out.append(text.substr(offset, length));
      offset += length;
    }
  }
  return out;
}

}  // namespace sekisho::base
