#include "report/html.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "base/str_cat.h"

namespace sekisho::report {
namespace {

using base::StrCat;

struct Range {
  char32_t first;
  char32_t last;
};

// Sorted. What has no shape of its own: controls, joiners, marks that turn the direction of text,
// separators of lines, tags, and variation selectors.
constexpr auto kInvisible = std::to_array<Range>({
    {0x0, 0x1f},      {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
});

bool IsInvisible(char32_t character) {
  return std::any_of(kInvisible.begin(), kInvisible.end(), [character](const Range& range) {
    return range.first <= character && character <= range.last;
  });
}

struct Character {
  char32_t value = 0;
  size_t bytes = 0;
};

// The length that a lead byte announces, and the bits of the character in it.
std::optional<Character> Lead(unsigned char byte) {
  if (byte < 0x80) {
    return Character{byte, 1};
  }
  if (byte >= 0xc2 && byte <= 0xdf) {
    return Character{byte & 0x1fU, 2};
  }
  if (byte >= 0xe0 && byte <= 0xef) {
    return Character{byte & 0x0fU, 3};
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return Character{byte & 0x07U, 4};
  }
  return std::nullopt;
}

// The first character of `text`, which is not empty; nothing when it is not well-formed.
std::optional<Character> FirstOf(std::string_view text) {
  std::optional<Character> character = Lead(static_cast<unsigned char>(text.front()));
  if (!character.has_value() || character->bytes > text.size()) {
    return std::nullopt;
  }
  for (size_t i = 1; i < character->bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80U) {
      return std::nullopt;
    }
    character->value = character->value << 6 | (byte & 0x3fU);
  }
  constexpr auto kLeast = std::to_array<char32_t>({0, 0, 0x80, 0x800, 0x10000});
  const bool surrogate = character->value >= 0xd800 && character->value <= 0xdfff;
  if (surrogate || character->value < kLeast.at(character->bytes) || character->value > 0x10ffff) {
    return std::nullopt;
  }
  return character;
}

std::string Hex(char32_t value, int digits) {
  std::array<char, 16> text{};
  (void)std::snprintf(text.data(), text.size(), "%0*x", digits, static_cast<unsigned>(value));
  return text.data();
}

std::string WrittenOut(char32_t character) {
  if (character < 0x80) {
    return StrCat("\\x", Hex(character, 2));
  }
  return character <= 0xffff ? StrCat("\\u", Hex(character, 4)) : StrCat("\\U", Hex(character, 8));
}

void AppendEscaped(std::string& out, std::string_view character) {
  switch (character.front()) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      out += character;
  }
}

std::tm Utc(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  (void)::gmtime_r(&seconds, &utc);
  return utc;
}

// `between`: what stands between the day and the time of day.
std::string Formatted(std::chrono::system_clock::time_point time, char between) {
  const std::tm utc = Utc(time);
  std::array<char, 96> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02d-%02d%c%02d:%02d:%02d",
                      utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, between, utc.tm_hour,
                      utc.tm_min, utc.tm_sec);
  return text.data();
}

}  // namespace

std::string Escaped(std::string_view text, size_t max_characters) {
  std::string out;
  out.reserve(std::min(text.size(), max_characters) + 16);
  size_t shown = 0;
  while (!text.empty()) {
    if (shown++ == max_characters) {
      return out + "…";
    }
    const std::optional<Character> character = FirstOf(text);
    if (!character.has_value()) {
      out += StrCat("\\x", Hex(static_cast<unsigned char>(text.front()), 2));
      text.remove_prefix(1);
      continue;
    }
    if (IsInvisible(character->value)) {
      out += WrittenOut(character->value);
    } else {
      AppendEscaped(out, text.substr(0, character->bytes));
    }
    text.remove_prefix(character->bytes);
  }
  return out;
}

std::string Number(uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      out.push_back(',');
    }
    out.push_back(digits[i]);
  }
  return out;
}

std::string Counted(uint64_t number, std::string_view one, std::string_view many) {
  return StrCat(Number(number), " ", number == 1 ? one : many);
}

std::string TimeText(std::chrono::system_clock::time_point time) {
  return Formatted(time, ' ');
}

std::string TimeElement(std::chrono::system_clock::time_point time) {
  return StrCat("<time datetime=\"", Formatted(time, 'T'), "Z\">", TimeText(time), "</time>");
}

bool Rows::Add(const std::string& row) {
  if (full() || html_.size() + row.size() > bytes_max_) {
    ++left_out_;
    return false;
  }
  html_ += row;
  ++rows_;
  return true;
}

std::string Table(std::string_view label, std::string_view caption, std::string_view head,
                  std::string_view body, std::string_view css_class) {
  return StrCat("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", label,
                "\">\n<table", css_class.empty() ? "" : StrCat(" class=\"", css_class, "\""),
                ">\n<caption>", caption, "</caption>\n<thead>", head, "</thead>\n<tbody>\n", body,
                "</tbody>\n</table>\n</div>\n");
}

std::string Section(std::string_view id, std::string_view title, std::string_view content) {
  return StrCat("<section id=\"", id, "\" aria-labelledby=\"", id, "-title\">\n<h2 id=\"", id,
                "-title\">", title, "</h2>\n", content, "</section>\n");
}

}  // namespace sekisho::report
