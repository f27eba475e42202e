// Which metrics and labels a PromQL expression names. No evaluation: promtool says whether it is
// one.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing {

struct Matcher {
  std::string metric;
  std::string label;
  std::string op;  // "=", "=~", "!=", "!~"
  std::string value;
};

struct Promql {
  std::set<std::string> metrics;
  std::vector<Matcher> matchers;
  std::set<std::string> grouping;  // labels in by, without, on, ignoring, group_left, group_right
};

// Throws std::runtime_error at what it does not know.
Promql ScanPromql(std::string_view text);

}  // namespace sekisho::testing
