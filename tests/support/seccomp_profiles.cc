#include "support/seccomp_profiles.h"

#include <algorithm>

#include "caps/cri_caps.h"
#include "seccomp/compare.h"
#include "seccomp/filter.h"
#include "seccomp/resolve.h"
#include "seccomp/runtime_default.h"
#include "seccomp/verdicts.h"

namespace sekisho::testing {
namespace {

seccomp::Profile RuntimeDefaultOf(seccomp::ContainerdVersion version) {
  return seccomp::Resolve(
      seccomp::RuntimeDefault(version),
      {seccomp::NativeArch(), caps::RuntimeDefaultSet(), seccomp::RunningKernel()});
}

seccomp::Verdicts VerdictsOf(const seccomp::Profile& profile) {
  return seccomp::Verdicts::Of(seccomp::Compile(profile).value()).value();
}

void Remove(const std::vector<std::string>& names, seccomp::Profile& profile) {
  for (seccomp::Rule& rule : profile.rules) {
    std::erase_if(rule.names, [&names](const std::string& name) {
      return std::ranges::find(names, name) != names.end();
    });
  }
  std::erase_if(profile.rules, [](const seccomp::Rule& rule) { return rule.names.empty(); });
}

// Of the newest one, what all the others permit too: a later version permits some calls more.
seccomp::Profile RuntimeDefault() {
  using enum seccomp::ContainerdVersion;
  seccomp::Profile profile = RuntimeDefaultOf(k2_2_4);
  const seccomp::Verdicts newest = VerdictsOf(profile);
  std::vector<std::string> more;
  for (const seccomp::ContainerdVersion version : {k1_6, k1_7, k1_7_32, k2_0}) {
    const absl::StatusOr<std::vector<seccomp::Excess>> excess =
        seccomp::Compare(newest, VerdictsOf(RuntimeDefaultOf(version)));
    for (const seccomp::Excess& one : *excess) {
      more.push_back(one.syscall);
    }
  }
  Remove(more, profile);
  return profile;
}

}  // namespace

std::string RuntimeDefaultWithout(const std::vector<std::string>& syscalls) {
  seccomp::Profile profile = RuntimeDefault();
  Remove(syscalls, profile);
  return seccomp::Render(profile);
}

std::string RuntimeDefaultWith(const std::vector<std::string>& syscalls) {
  seccomp::Profile profile = RuntimeDefault();
  profile.rules.push_back({.names = syscalls, .action = seccomp::Action::kAllow});
  return seccomp::Render(profile);
}

}  // namespace sekisho::testing
