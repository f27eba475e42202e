#include "manifest/scalar.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;
using yaml::YamlNode;

// What stands there instead. Not the value: it may be a secret.
std::string Found(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) {
    return std::string(KindName(node.kind));
  }
  return IsBool(node) ? "a boolean" : IsNumber(node) ? "a number" : "text";
}

}  // namespace

bool IsBool(const YamlNode& node) {
  return !node.quoted && (node.text == "true" || node.text == "True" || node.text == "TRUE" ||
                          node.text == "false" || node.text == "False" || node.text == "FALSE");
}

bool IsTrue(const YamlNode& node) {
  return node.text.front() == 't' || node.text.front() == 'T';
}

void ReportWrongType(const Value& value, Report& report, std::string_view wanted, std::string fix) {
  report.Error(value, StrCat("expected ", wanted, ", found ", Found(*value.node)), std::move(fix));
}

std::optional<std::string> ToText(const Value& value, Report& report) {
  const YamlNode& node = *value.node;
  if (node.kind != YamlNode::Kind::kScalar || IsBool(node) || IsNumber(node)) {
    ReportWrongType(value, report, "text",
                    node.kind == YamlNode::Kind::kScalar ? "put it in quotes" : "");
    return std::nullopt;
  }
  return node.text;
}

std::optional<int64_t> ToInteger(const Value& value, Report& report, int64_t least, int64_t most) {
  const YamlNode& node = *value.node;
  if (!IsNumber(node)) {
    ReportWrongType(value, report, "a whole number", node.quoted ? "remove the quotes" : "");
    return std::nullopt;
  }
  const std::string_view text = node.text;
  const std::string_view digits = text.substr(text[0] == '-' || text[0] == '+' ? 1 : 0);
  // YAML 1.1 and 1.2 do not agree on what 0777 is.
  if (digits.size() > 1 && digits[0] == '0' &&
      digits.find_first_not_of("0123456789") == std::string_view::npos) {
    ReportWrongType(value, report, "a whole number", "write it without leading zeros");
    return std::nullopt;
  }
  int64_t number = 0;
  const std::string_view parsed = text[0] == '+' ? digits : text;
  const auto [end, error] = std::from_chars(parsed.data(), parsed.data() + parsed.size(), number);
  if (error != std::errc() || end != parsed.data() + parsed.size() || number < least ||
      number > most) {
    report.Error(value, StrCat("is no whole number from ", least, " to ", most));
    return std::nullopt;
  }
  return number;
}

bool IsNumber(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.quoted || node.text.empty()) {
    return false;
  }
  std::string_view rest = node.text;
  const auto take = [&](std::string_view set) {
    const size_t count = std::min(rest.find_first_not_of(set), rest.size());
    rest.remove_prefix(count);
    return count;
  };
  constexpr std::string_view kDigits = "0123456789";
  if (rest.starts_with("0x") || rest.starts_with("0o")) {
    const std::string_view set = rest[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567";
    rest.remove_prefix(2);
    return take(set) > 0 && rest.empty();
  }
  if (rest.front() == '-' || rest.front() == '+') {
    rest.remove_prefix(1);
  }
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF" || node.text == ".nan" ||
      node.text == ".NaN" || node.text == ".NAN") {
    return true;
  }
  size_t digits = take(kDigits);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    digits += take(kDigits);
  }
  if (digits == 0) {
    return false;
  }
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('-') || rest.starts_with('+')) {
      rest.remove_prefix(1);
    }
    return take(kDigits) > 0 && rest.empty();
  }
  return rest.empty();
}

bool IsDnsLabel(std::string_view name) {
  constexpr size_t kLongest = 63;
  return !name.empty() && name.size() <= kLongest && name.front() != '-' && name.back() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace sekisho::manifest
