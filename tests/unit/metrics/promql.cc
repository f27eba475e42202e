#include "unit/metrics/promql.h"

#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace sekisho::testing {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring"});
constexpr auto kGrouping = std::to_array<std::string_view>(
    {"by", "without", "on", "ignoring", "group_left", "group_right"});

template <size_t kSize>
bool Among(const std::array<std::string_view, kSize>& words, std::string_view word) {
  for (const std::string_view each : words) {
    if (each == word) {
      return true;
    }
  }
  return false;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Promql Scan() {
    for (SkipSpace(); at_ < text_.size(); SkipSpace()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        (void)String();
      } else if (c == '[') {  // a range: it may hold a variable of Grafana
        at_ = text_.find(']', at_);
        Require(at_ != std::string_view::npos);
      } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
        NumberOrDuration();
      } else if (IsNameStart(c)) {
        OneName();
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  static bool IsNameStart(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
  }
  static bool IsNamePart(char c) {
    return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
  }
  void Require(bool right) const {
    if (!right) {
      throw std::runtime_error("cannot read: " + std::string(text_));
    }
  }
  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    }
  }
  bool Skip(char c) {
    SkipSpace();
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }
  void NumberOrDuration() {
    while (at_ < text_.size() && (IsNamePart(text_[at_]) || text_[at_] == '.')) {
      ++at_;
    }
  }
  std::string Name() {
    SkipSpace();
    const size_t begin = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) {
      ++at_;
    }
    Require(at_ > begin);
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string String() {
    SkipSpace();
    Require(at_ < text_.size());
    const char quote = text_[at_++];
    const size_t end = text_.find(quote, at_);
    Require(end != std::string_view::npos);
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  void OneName() {
    const std::string name = Name();
    if (Skip('(')) {
      if (Among(kGrouping, name)) {
        while (!Skip(')')) {
          found_.grouping.insert(Name());
          (void)Skip(',');
        }
      }
      return;  // or a function, whose arguments come next
    }
    // An aggregation whose grouping comes before its arguments: "sum by (…) (…)".
    const bool aggregation = text_.substr(at_).starts_with("by ");
    if (Among(kKeywords, name) || aggregation) {
      return;
    }
    found_.metrics.insert(name);
    if (Skip('{')) {
      while (!Skip('}')) {
        Matchers(name);
      }
    }
  }
  void Matchers(const std::string& metric) {
    Matcher matcher{.metric = metric, .label = Name(), .op = "", .value = ""};
    SkipSpace();
    while (at_ < text_.size() && std::string_view("=!~").find(text_[at_]) != std::string::npos) {
      matcher.op.push_back(text_[at_++]);
    }
    Require(!matcher.op.empty());
    matcher.value = String();
    found_.matchers.push_back(std::move(matcher));
    (void)Skip(',');
  }

  std::string_view text_;
  size_t at_ = 0;
  Promql found_;
};

}  // namespace

Promql ScanPromql(std::string_view text) {
  return Scanner(text).Scan();
}

}  // namespace sekisho::testing
