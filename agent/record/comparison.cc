#include "record/comparison.h"

#include "base/status_macros.h"
#include "caps/cri_caps.h"
#include "seccomp/compare.h"
#include "seccomp/filter.h"
#include "seccomp/resolve.h"
#include "seccomp/runtime_default.h"
#include "seccomp/verdicts.h"

namespace sekisho::record {
namespace {

absl::StatusOr<seccomp::Verdicts> VerdictsOf(const seccomp::Profile& profile) {
  SEKISHO_ASSIGN_OR_RETURN(const seccomp::Filter filter, seccomp::Compile(profile));
  return seccomp::Verdicts::Of(filter);
}

size_t AllowedBy(const seccomp::Verdicts& verdicts) {
  const seccomp::Arch native = seccomp::NativeArch();
  return verdicts.Permitted(native).size() + verdicts.Conditional(native).size();
}

}  // namespace

absl::StatusOr<Comparison> WithRuntimeDefault(const seccomp::Profile& profile) {
  const seccomp::Target target{.arch = seccomp::NativeArch(),
                               .capabilities = caps::RuntimeDefaultSet(),
                               .kernel = seccomp::RunningKernel()};
  SEKISHO_ASSIGN_OR_RETURN(const seccomp::Verdicts ours, VerdictsOf(profile));
  SEKISHO_ASSIGN_OR_RETURN(const seccomp::Verdicts theirs,
                           VerdictsOf(seccomp::Resolve(seccomp::RuntimeDefault(), target)));
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<seccomp::Excess> excess,
                           seccomp::Compare(ours, theirs));
  return Comparison{.allowed = AllowedBy(ours),
                    .allowed_default = AllowedBy(theirs),
                    .beyond = seccomp::Summary(excess)};
}

}  // namespace sekisho::record
