#include "install/environment_file.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "install/command_line.h"
#include "install/refusal.h"
#include "install/text_check.h"

namespace sekisho::install {
namespace {

bool IsLineEnd(char c) {
  return c == '\n' || c == '\r';
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, uint32_t source)
      : text_(text), file_(file), source_(source) {}

  absl::StatusOr<std::vector<FileAssignment>> Parse() {
    for (;;) {
      SkipWhile(IsBlank);
      if (AtEnd()) {
        return std::move(assignments_);
      }
      if (Now() == '#' || Now() == ';') {
        SEKISHO_RETURN_IF_ERROR(SkipComment());
      } else {
        SEKISHO_RETURN_IF_ERROR(ReadAssignment());
      }
    }
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Now() const { return text_[at_]; }

  template <typename Test>
  void SkipWhile(Test test) {
    while (!AtEnd() && test(Now())) {
      ++at_;
    }
  }

  absl::Status Error(size_t offset, std::string_view what) const {
    return RefuseAt(file_, LineOf(text_, offset), what);
  }

  absl::Status SkipComment() {
    const size_t begin = at_;
    SkipWhile([](char c) { return !IsLineEnd(c); });
    if (text_[at_ - 1] == '\\') {
      return Error(begin,
                   "a comment ends in a backslash: systemd's versions differ in whether the "
                   "next line belongs to it");
    }
    return absl::OkStatus();
  }

  absl::Status ReadAssignment() {
    const size_t begin = at_++;  // a name has one character at least, "=" if need be
    SkipWhile([](char c) { return c != '=' && !IsLineEnd(c); });
    if (AtEnd() || Now() != '=') {
      return absl::OkStatus();  // a line without "=", which systemd ignores
    }
    const std::string name = TracedText::Of(text_, begin, at_, source_).Stripped().text();
    ++at_;
    value_ = {};
    keep_ = 0;
    SEKISHO_RETURN_IF_ERROR(ReadValue());
    if (IsVariableName(name)) {
      assignments_.push_back({.name = name, .value = value_.Slice(0, keep_)});
    }
    return absl::OkStatus();
  }

  // Quotes count at the value's beginning and after a quoted part; once something else has stood
  // there, they are ordinary characters. Blanks before the first character, and unquoted ones at
  // the end, do not belong to the value.
  absl::Status ReadValue() {
    bool plain = false;
    while (!AtEnd() && !IsLineEnd(Now())) {
      const char c = Now();
      if (c == '\\') {
        plain = true;
        SEKISHO_RETURN_IF_ERROR(TakeEscape());
      } else if (!plain && c == '\'') {
        SEKISHO_RETURN_IF_ERROR(TakeSingleQuoted());
      } else if (!plain && c == '"') {
        SEKISHO_RETURN_IF_ERROR(TakeDoubleQuoted());
      } else if (plain || !IsBlank(c)) {
        plain = true;
        Take(at_, at_ + 1, c, !IsBlank(c));
        ++at_;
      } else {
        ++at_;
      }
    }
    return absl::OkStatus();
  }

  // One character of the value, made by bytes [begin, end). `counts`: it is no blank that may turn
  // out to stand at the value's end.
  void Take(size_t begin, size_t end, char c, bool counts) {
    value_.Append(c, {source_, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    if (counts) {
      keep_ = value_.size();
    }
  }

  absl::Status TakeEscape() {
    const size_t begin = at_++;
    if (AtEnd() || Now() == '\r') {
      return Error(begin, AtEnd() ? "the file ends in a backslash"
                                  : "a backslash before a carriage return; save the file with "
                                    "plain line feeds");
    }
    const char c = text_[at_++];
    if (c == '\n') {
      keep_ = value_.size();  // the blanks before it are not at the value's end
    } else {
      Take(begin, at_, c, true);
    }
    return absl::OkStatus();
  }

  absl::Status TakeSingleQuoted() {
    const size_t close = text_.find('\'', at_ + 1);
    if (close == std::string_view::npos) {
      return Error(at_, "a quote ' is never closed");
    }
    for (++at_; at_ < close; ++at_) {
      Take(at_, at_ + 1, Now(), true);
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status TakeDoubleQuoted() {
    const size_t open = at_++;
    while (!AtEnd() && Now() != '"') {
      const size_t begin = at_++;
      if (text_[begin] != '\\') {
        Take(begin, at_, text_[begin], true);
        continue;
      }
      if (AtEnd() || Now() == '\r') {
        return Error(begin, "a backslash before the end of the file or a carriage return");
      }
      const char c = text_[at_++];
      if (std::string_view("\"\\`$").find(c) != std::string_view::npos) {
        Take(begin, at_, c, true);
      } else if (c != '\n') {
        Take(begin, begin + 1, '\\', true);
        Take(begin + 1, at_, c, true);
      }
    }
    if (AtEnd()) {
      return Error(open, "a quote \" is never closed");
    }
    ++at_;
    return absl::OkStatus();
  }

  std::string_view text_;
  const std::string& file_;
  uint32_t source_;
  size_t at_ = 0;
  TracedText value_;
  size_t keep_ = 0;  // how much of value_ is more than blanks at its end
  std::vector<FileAssignment> assignments_;
};

}  // namespace

absl::StatusOr<std::vector<FileAssignment>> ParseEnvironmentFile(std::string_view text,
                                                                 const std::string& file,
                                                                 uint32_t source) {
  SEKISHO_RETURN_IF_ERROR(CheckText(text, file));
  return Parser(text, file, source).Parse();
}

}  // namespace sekisho::install
