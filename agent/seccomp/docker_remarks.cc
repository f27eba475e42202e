#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "seccomp/compare.h"
#include "seccomp/lint.h"
#include "seccomp/resolve.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

absl::StatusOr<Verdicts> VerdictsOf(const Profile& profile) {
  SEKISHO_ASSIGN_OR_RETURN(const Filter filter, Compile(profile));
  return Verdicts::Of(filter);
}

// What containerd's reading of the profile and Docker's own allow beyond each other.
struct Difference {
  std::vector<std::string> gained;
  std::vector<std::string> lost;
};

absl::StatusOr<Difference> DifferenceOf(const Profile& profile) {
  SEKISHO_ASSIGN_OR_RETURN(const Verdicts read, VerdictsOf(AsContainerdReads(profile)));
  SEKISHO_ASSIGN_OR_RETURN(const Verdicts meant,
                           VerdictsOf(Resolve(profile, {.arch = NativeArch(),
                                                        .capabilities = caps::RuntimeDefaultSet(),
                                                        .kernel = RunningKernel()})));
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<Excess> gained, Compare(read, meant));
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<Excess> lost, Compare(meant, read));
  return Difference{.gained = Summary(gained), .lost = Summary(lost)};
}

constexpr size_t kNamed = 24;

// The first of them; the native architecture's come first.
std::string Some(const std::vector<std::string>& calls) {
  const std::vector<std::string> first(
      calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(std::min(calls.size(), kNamed)));
  return StrCat(base::StrJoin(first, ", "),
                calls.size() > kNamed ? StrCat(" and ", calls.size() - kNamed, " more") : "");
}

Remark About(std::string_view id, Severity severity, std::string message, std::string fix) {
  return {.id = id,
          .severity = severity,
          .where = {},
          .message = std::move(message),
          .fix = std::move(fix)};
}

constexpr const char* kResolve = "resolve it for the container first: sekisho seccomp resolve";

}  // namespace

std::vector<Remark> DockerRemarks(const Profile& profile) {
  if (profile.format != Format::kDocker) {
    return {};
  }
  std::vector<Remark> remarks;
  remarks.push_back(About("docker-format", Severity::kWarning,
                          "the profile is of Docker's format; containerd drops what that adds "
                          "(archMap, name, includes, excludes) without a word",
                          kResolve));
  absl::StatusOr<Difference> difference = DifferenceOf(profile);
  if (!difference.ok()) {
    remarks.push_back(About("docker-format-fails", Severity::kError,
                            StrCat("as containerd reads it, it is no filter: ",
                                   base::StdView(difference.status().message())),
                            kResolve));
    return remarks;
  }
  if (!difference->gained.empty()) {
    remarks.push_back(About(
        "docker-conditions-dropped", Severity::kError,
        StrCat("containerd would let a container with the default capabilities make ",
               difference->gained.size(),
               " calls that the profile keeps from it: ", base::StrJoin(difference->gained, ", ")),
        kResolve));
  }
  if (!difference->lost.empty()) {
    remarks.push_back(About("docker-rules-dropped", Severity::kWarning,
                            StrCat("containerd would refuse a container with the default "
                                   "capabilities ",
                                   difference->lost.size(),
                                   " calls that the profile allows it: ", Some(difference->lost)),
                            kResolve));
  }
  return remarks;
}

}  // namespace sekisho::seccomp
