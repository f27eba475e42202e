// Whether two profiles say the same: everything but places and comments.
#pragma once

#include <string>
#include <vector>

#include "base/str_cat.h"
#include "seccomp/profile.h"

namespace sekisho::testing {

namespace internal {

inline std::string DifferenceOfRules(const seccomp::Rule& a, const seccomp::Rule& b) {
  if (a.names != b.names || a.single_name != b.single_name) {
    return "names";
  }
  if (a.action != b.action || a.args != b.args) {
    return "action or args";
  }
  if (a.errno_ret != b.errno_ret || a.errno_by_name != b.errno_by_name) {
    return "errno";
  }
  return a.includes == b.includes && a.excludes == b.excludes ? "" : "conditions";
}

inline bool SameArchMap(const std::vector<seccomp::ArchMapEntry>& a,
                        const std::vector<seccomp::ArchMapEntry>& b) {
  bool same = a.size() == b.size();
  for (size_t i = 0; same && i < a.size(); ++i) {
    same =
        a[i].architecture == b[i].architecture && a[i].sub_architectures == b[i].sub_architectures;
  }
  return same;
}

}  // namespace internal

// The first thing in which they differ; empty when there is none.
inline std::string DifferenceOf(const seccomp::Profile& a, const seccomp::Profile& b) {
  if (a.format != b.format) {
    return "format";
  }
  if (a.default_action != b.default_action || a.default_errno_ret != b.default_errno_ret ||
      a.default_errno_by_name != b.default_errno_by_name) {
    return "default action or errno";
  }
  if (a.architectures != b.architectures || !internal::SameArchMap(a.arch_map, b.arch_map)) {
    return "architectures";
  }
  if (a.flags != b.flags || a.listener_path != b.listener_path ||
      a.listener_metadata != b.listener_metadata) {
    return "flags or listener";
  }
  if (a.rules.size() != b.rules.size()) {
    return "number of rules";
  }
  for (size_t i = 0; i < a.rules.size(); ++i) {
    if (const std::string what = internal::DifferenceOfRules(a.rules[i], b.rules[i]);
        !what.empty()) {
      return base::StrCat("rule ", i, ": ", what);
    }
  }
  return {};
}

}  // namespace sekisho::testing
