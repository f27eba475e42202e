#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "seccomp/lint.h"
#include "seccomp/rule_remarks.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

// Whether the two decide some call differently. What could not be found out counts as a difference.
bool Differ(const Outcomes& a, const Outcomes& b) {
  for (const Outcome& x : a) {
    for (const Outcome& y : b) {
      if (x.action == y.action && x.data == y.data) {
        continue;
      }
      WordTests both = x.when;
      both.insert(both.end(), y.when.begin(), y.when.end());
      const absl::StatusOr<std::optional<Arguments>> found = Satisfy(both);
      if (!found.ok() || found->has_value()) {
        return true;
      }
    }
  }
  return false;
}

bool Differ(const Verdicts& a, const Verdicts& b) {
  return std::ranges::any_of(a.architectures(), [&](const Arch& arch) {
    return Differ(a.ForUnknown(arch), b.ForUnknown(arch)) ||
           std::ranges::any_of(SyscallsOf(arch), [&](const Syscall& syscall) {
             return Differ(a.For(arch, syscall.name), b.For(arch, syscall.name));
           });
  });
}

// How many rules name each call.
std::map<std::string_view, int> RulesOf(const Profile& profile) {
  std::map<std::string_view, int> rules;
  for (const Rule& rule : profile.rules) {
    for (const std::string& name : rule.names) {
      ++rules[name];
    }
  }
  return rules;
}

// Alive without compiling: it alone decides about a call, whatever the arguments.
bool PlainlyAlive(const Rule& rule, const std::map<std::string_view, int>& rules) {
  return rule.args.empty() && std::ranges::any_of(rule.names, [&](const std::string& name) {
           return rules.at(name) == 1 && IsKnownSyscall(name);
         });
}

bool ChangesNothing(const Judged& judged, size_t rule) {
  Profile without = judged.profile;
  without.rules.erase(without.rules.begin() + static_cast<std::ptrdiff_t>(rule));
  const absl::StatusOr<Filter> filter = Compile(without);
  if (!filter.ok()) {
    return false;
  }
  const absl::StatusOr<Verdicts> verdicts = Verdicts::Of(*filter);
  return verdicts.ok() && !Differ(judged.verdicts, *verdicts);
}

}  // namespace

std::vector<Remark> DeadRules(const Judged& judged) {
  std::vector<Remark> remarks;
  const std::map<std::string_view, int> rules = RulesOf(judged.profile);
  for (size_t i = 0; i < judged.profile.rules.size(); ++i) {
    const Rule& rule = judged.profile.rules[i];
    const bool told =
        NamesNothingKnown(rule) || DoesWhatTheDefaultDoes(rule, judged.profile);  // by Judge
    if (!told && !PlainlyAlive(rule, rules) && ChangesNothing(judged, i)) {
      remarks.push_back(
          {.id = "dead-rule",
           .severity = Severity::kWarning,
           .where = rule.where,
           .message = base::StrCat("the ", Title(rule),
                                   " changes nothing: other rules decide the same or come first"),
           .fix = "delete it, or the rules that it is meant to be an exception of"});
    }
  }
  return remarks;
}

}  // namespace sekisho::seccomp
