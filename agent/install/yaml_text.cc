#include "install/yaml_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "base/str_cat.h"

namespace sekisho::install {
namespace {

using base::StrCat;

bool IsLineEnd(char c) {
  return c == '\n' || c == '\r' || c == '\0';
}

}  // namespace

std::optional<std::string_view> OddityOf(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) {
    return "the file begins with a byte order mark; save it without";
  }
  for (size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') {
      return "a carriage return without a line feed";
    }
  }
  return std::nullopt;
}

bool IsPlainYaml(std::string_view value) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"true", "false", "yes", "no", "on", "off", "null", "y", "n"});
  const auto first = static_cast<unsigned char>(value.empty() ? '\0' : value[0]);
  // A number begins with neither a letter nor a slash.
  if (!absl::ascii_isalpha(first) && first != '/') {
    return false;
  }
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("/._:-").find(c) != std::string_view::npos;
  });
  std::string lower(value);
  absl::AsciiStrToLower(&lower);
  return plain && value.back() != ':' &&
         std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

std::string QuotedYaml(std::string_view value) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += StrCat('\\', c);
    } else if (byte < 0x20) {
      quoted += StrCat("\\u00", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string YamlScalar(std::string_view value) {
  return IsPlainYaml(value) ? std::string(value) : QuotedYaml(value);
}

std::string_view YamlText::line_end() const {
  const size_t feed = text_.find('\n');
  const bool both = feed != std::string_view::npos && feed > 0 && text_[feed - 1] == '\r';
  return both ? "\r\n" : "\n";
}

size_t YamlText::OffsetOf(const yaml::Location& where) const {
  size_t offset = 0;
  for (int line = 1; line < where.line; ++line) {
    offset = NextLine(offset);
  }
  return std::min(offset + static_cast<size_t>(where.column - 1), text_.size());
}

size_t YamlText::NextLine(size_t offset) const {
  const size_t feed = text_.find('\n', offset);
  return feed == std::string_view::npos ? text_.size() : feed + 1;
}

size_t YamlText::EndOfDocument() const {
  for (size_t line = 0; line < text_.size(); line = NextLine(line)) {
    const char after = (*this)[line + 3];
    if (text_.substr(line).starts_with("...") &&
        (IsLineEnd(after) || after == ' ' || after == '\t')) {
      return line;
    }
  }
  return text_.size();
}

bool YamlText::EndsMidLine() const {
  const size_t end = EndOfDocument();
  return end > 0 && text_[end - 1] != '\n';
}

std::optional<std::string> YamlText::IndentAt(size_t offset) const {
  const size_t line = text_.substr(0, offset).rfind('\n') + 1;  // npos + 1 == 0: the first line
  const std::string_view before = text_.substr(line, offset - line);
  if (line == 0 || before.find_first_not_of(" \t") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(before);
}

std::optional<size_t> YamlText::AfterColon(const yaml::YamlEntry& entry) const {
  const size_t begin = OffsetOf(entry.where);
  const char first = (*this)[begin];
  std::optional<size_t> length;
  if (first == '"' || first == '\'') {
    length = QuotedLength(begin);
  } else if (text_.substr(begin).starts_with(entry.key)) {
    length = entry.key.size();
  }
  if (!length.has_value()) {
    return std::nullopt;
  }
  const size_t colon = SkipBlanks(begin + *length);
  return (*this)[colon] == ':' ? std::optional(colon + 1) : std::nullopt;
}

bool YamlText::IsNothing(const yaml::YamlEntry& entry) const {
  const std::optional<size_t> colon = AfterColon(entry);
  if (!colon.has_value()) {
    return false;
  }
  const size_t next = SkipBlanks(*colon);
  return IsLineEnd((*this)[next]) || ((*this)[next] == '#' && next > *colon);
}

std::optional<size_t> YamlText::ScalarLength(size_t begin, const yaml::YamlNode& node) const {
  const char first = (*this)[begin];
  if (first == '"' || first == '\'') {
    return QuotedLength(begin);
  }
  if (node.kind == yaml::YamlNode::Kind::kNull) {
    for (const std::string_view null : {"~", "null", "Null", "NULL"}) {
      if (text_.substr(begin).starts_with(null)) {
        return null.size();
      }
    }
    return std::nullopt;
  }
  // A block or an anchor begins otherwise than its text. What the parser folded from several lines
  // is not there as such.
  const bool same = !node.quoted && text_.substr(begin).starts_with(node.text);
  return same ? std::optional(node.text.size()) : std::nullopt;
}

std::string YamlText::Spliced(size_t offset, size_t length, std::string_view replacement) const {
  return StrCat(text_.substr(0, offset), replacement, text_.substr(offset + length));
}

std::optional<size_t> YamlText::QuotedLength(size_t begin) const {
  const char quote = text_[begin];
  for (size_t at = begin + 1; !IsLineEnd((*this)[at]); ++at) {
    const bool escapes =
        quote == '"' ? text_[at] == '\\' : text_[at] == quote && (*this)[at + 1] == quote;
    if (escapes) {
      ++at;
    } else if (text_[at] == quote) {
      return at + 1 - begin;
    }
  }
  return std::nullopt;
}

size_t YamlText::SkipBlanks(size_t offset) const {
  while ((*this)[offset] == ' ' || (*this)[offset] == '\t') {
    ++offset;
  }
  return offset;
}

}  // namespace sekisho::install
