// `sekisho seccomp show` and `compare`: what profiles do with system calls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check/profile_source.h"
#include "seccomp/compare.h"
#include "seccomp/lint.h"

namespace sekisho::check {

// What becomes of each of `syscalls` on each architecture; of all, as three lists for the first
// architecture, when none is named. `colour`: what is permitted and what is refused in colour.
std::string ShowText(const seccomp::Judged& judged, const std::vector<std::string>& syscalls,
                     size_t columns, bool colour = false);
std::string ShowJson(const std::string& name, const seccomp::Judged& judged,
                     const std::vector<std::string>& syscalls);

// Two profiles held against each other, both ways.
struct ProfileComparison {
  std::string a;
  std::string b;
  std::vector<seccomp::Excess> only_a;  // may be executed under `a` and never under `b`
  std::vector<seccomp::Excess> only_b;

  bool AIsAsStrict() const { return only_a.empty(); }
};
std::string ToText(const ProfileComparison& comparison, size_t columns, bool colour = false);
std::string ToJson(const ProfileComparison& comparison);

}  // namespace sekisho::check
