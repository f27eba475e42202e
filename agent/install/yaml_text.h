// Places in a YAML text, for changing single bytes of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/document.h"

namespace sekisho::install {

// Why places cannot be counted in a text that the parser reads well; nothing for other texts.
std::optional<std::string_view> OddityOf(std::string_view text);

// Whether the value means itself in YAML, wherever it stands, without quotes. Says no when unsure.
bool IsPlainYaml(std::string_view value);
std::string QuotedYaml(std::string_view value);  // in double quotes; JSON reads it as well
std::string YamlScalar(std::string_view value);  // quoted where it has to be

class YamlText {
 public:
  explicit YamlText(std::string_view text) : text_(text) {}

  // NUL at the end, and beyond it.
  char operator[](size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  std::string_view line_end() const;  // as the text's first line has it
  size_t OffsetOf(const yaml::Location& where) const;
  size_t NextLine(size_t offset) const;  // where the line after it begins, or the end
  // Where lines of the document end: before a line "...".
  size_t EndOfDocument() const;
  bool EndsMidLine() const;  // EndOfDocument is no line's beginning
  // The blanks before a byte, when nothing else stands before it on its line.
  std::optional<std::string> IndentAt(size_t offset) const;

  // Where the colon after a key ends; nothing when it does not follow the key.
  std::optional<size_t> AfterColon(const yaml::YamlEntry& entry) const;
  // Whether nothing is written as the value: the line ends after the colon, or a comment follows.
  // Of an entry whose value is null.
  bool IsNothing(const yaml::YamlEntry& entry) const;
  // How many bytes, quotes included, a scalar at `begin` takes; nothing for one of several lines,
  // a block, or one with an anchor.
  std::optional<size_t> ScalarLength(size_t begin, const yaml::YamlNode& node) const;

  std::string Spliced(size_t offset, size_t length, std::string_view replacement) const;

 private:
  std::optional<size_t> QuotedLength(size_t begin) const;
  size_t SkipBlanks(size_t offset) const;

  std::string_view text_;
};

}  // namespace sekisho::install
