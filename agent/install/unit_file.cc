#include "install/unit_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"
#include "install/text_check.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Whether the last byte is a backslash that nothing escapes.
bool IsContinued(std::string_view text) {
  const size_t last = text.find_last_not_of('\\');
  return (text.size() - (last + 1)) % 2 == 1;  // npos + 1 == 0: backslashes only
}

// A comment stays one inside a continued line, and does not end it.
bool IsComment(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && (line[first] == '#' || line[first] == ';');
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, uint32_t source)
      : text_(text), file_(file), source_(source) {}

  absl::StatusOr<std::vector<UnitAssignment>> Parse() {
    size_t at = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    for (size_t number = 1; at < text_.size(); ++number) {
      const size_t feed = std::min(text_.find('\n', at), text_.size());
      const size_t end = feed > at && text_[feed - 1] == '\r' ? feed - 1 : feed;
      SEKISHO_RETURN_IF_ERROR(TakeLine(at, end, number));
      at = feed + 1;
    }
    SEKISHO_RETURN_IF_ERROR(Finish());
    return std::move(assignments_);
  }

 private:
  absl::Status TakeLine(size_t begin, size_t end, size_t number) {
    const std::string_view line = text_.substr(begin, end - begin);
    if (line.find('\r') != std::string_view::npos) {
      return RefuseAt(file_, number, "a carriage return inside a line");
    }
    if (IsComment(line)) {
      return absl::OkStatus();
    }
    if (logical_.empty()) {
      line_ = number;
    }
    logical_.Append(TracedText::Of(text_, begin, end, source_));
    if (!IsContinued(logical_.text())) {
      return Finish();
    }
    // systemd reads the backslash and the line's end as one blank.
    const Origin backslash = logical_.origin(logical_.size() - 1);
    logical_ = logical_.Slice(0, logical_.size() - 1);
    logical_.Append(' ', backslash);
    return absl::OkStatus();
  }

  absl::Status Finish() {
    const TracedText line = std::exchange(logical_, {}).Stripped();
    if (line.empty()) {
      return absl::OkStatus();
    }
    if (line[0] == '[') {
      if (line.text().back() != ']') {
        return RefuseAt(file_, line_, StrCat("not a section: ", line.text()));
      }
      section_ = line.text().substr(1, line.size() - 2);
      return absl::OkStatus();
    }
    const size_t equals = line.text().find('=');
    if (equals == std::string::npos) {
      return RefuseAt(file_, line_, "neither a section nor an assignment");
    }
    if (section_.empty()) {
      return RefuseAt(file_, line_, "an assignment outside of any section");
    }
    assignments_.push_back({.section = section_,
                            .key = line.Slice(0, equals).Stripped().text(),
                            .value = line.Slice(equals + 1, line.size()).Stripped(),
                            .line = line_});
    return absl::OkStatus();
  }

  std::string_view text_;
  const std::string& file_;
  uint32_t source_;
  std::string section_;
  TracedText logical_;  // of the lines so far that belong together
  size_t line_ = 0;     // where they began
  std::vector<UnitAssignment> assignments_;
};

}  // namespace

absl::StatusOr<std::vector<UnitAssignment>> ParseUnitFile(std::string_view text,
                                                          const std::string& file,
                                                          uint32_t source) {
  SEKISHO_RETURN_IF_ERROR(CheckText(text, file));
  return Parser(text, file, source).Parse();
}

}  // namespace sekisho::install
