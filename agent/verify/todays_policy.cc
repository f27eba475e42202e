#include "verify/todays_policy.h"

#include <utility>

#include "enforce/judge.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/evaluate.h"
#include "policy/paths.h"
#include "policy/repair.h"

namespace sekisho::verify {
namespace {

using seccomp::ProfileFacts;

// Some user that is not root; nobody compares with it.
constexpr int64_t kSomeUser = 65534;

// Where a container runs with a copy of ours, that file was judged when it was attached, and its
// name in the policy's lists is no longer known. Returns whether there is one.
bool TakePinnedAsJudged(const std::string& pins, policy::ContainerFacts& facts) {
  bool found = false;
  for (const policy::SecurityProfile& profile :
       {facts.seccomp, policy::FromDeprecated(facts.seccomp_profile_path)}) {
    const std::string& path = profile.localhost_ref;
    if (profile.type == policy::ProfileType::kLocalhost && policy::IsCleanAbsolutePath(path) &&
        policy::IsBelow(path, pins)) {
      facts.profiles.push_back(
          {.path = path, .state = ProfileFacts::State::kUsable, .pinned_path = path});
      found = true;
    }
  }
  return found;
}

// A container that asks for the least, with what is known of `facts`.
policy::ContainerFacts LeastAt(const policy::Spec& spec, const policy::SandboxFacts& sandbox,
                               policy::ContainerFacts facts) {
  facts.namespaces = sandbox.namespaces;
  if (spec.enforce.level == policy::Level::kPrivileged) {
    facts.privileged = true;
    return facts;
  }
  facts.seccomp.type = policy::ProfileType::kRuntimeDefault;
  const auto masked = policy::DefaultMaskedPaths();
  const auto read_only = policy::DefaultReadonlyPaths();
  facts.masked_paths.assign(masked.begin(), masked.end());
  facts.readonly_paths.assign(read_only.begin(), read_only.end());
  if (spec.enforce.level == policy::Level::kRestricted) {
    facts.capabilities_drop = {"ALL"};
    facts.capabilities_add = {"NET_BIND_SERVICE"};
    facts.no_new_privs = true;
    facts.run_as_user = kSomeUser;
  }
  return facts;
}

std::vector<std::string> UnseenOf(const Running& running) {
  std::vector<std::string> unseen;
  if (!running.config_known) {
    unseen.emplace_back("the runtime does not tell what the container was configured with");
  }
  if (!running.sandbox_known) {
    unseen.emplace_back("the runtime does not tell what the pod was configured with");
  }
  return unseen;
}

}  // namespace

Demand TodaysDemand(const Basis& basis, const Running& running, const mounts::Resolver& mounts,
                    const std::string& pins, std::chrono::sys_seconds now) {
  const policy::PodIdentity& pod = running.sandbox.pod;
  policy::SpecPtr spec =
      basis.policy->ForContainer(pod, running.container.name, now, basis.namespaces);
  Demand demand{.expected = {},
                .level = spec->enforce.ToString(),
                .refusal = {},
                .unseen = UnseenOf(running)};
  const policy::Decision of_sandbox =
      policy::EvaluateSandbox(spec->enforce.level == policy::Level::kPrivileged
                                  ? *spec
                                  : *basis.policy->ForSandbox(pod, now, basis.namespaces),
                              running.sandbox);
  const policy::SandboxFacts sandbox = policy::WithEdits(running.sandbox, of_sandbox.sandbox_edits);

  policy::ContainerFacts facts = enforce::LookedUp(mounts, pod, running.container);
  policy::Spec judged_by = *spec;
  if (!running.config_known) {
    facts = LeastAt(*spec, sandbox, std::move(facts));
    judged_by.controls = {};
  }
  if (TakePinnedAsJudged(pins, facts)) {
    judged_by.controls.seccomp.reset();
  }
  const policy::Decision decision = policy::EvaluateContainer(judged_by, sandbox, facts);
  if (of_sandbox.action == policy::Action::kDeny) {
    demand.refusal = of_sandbox.message;
  } else if (decision.action == policy::Action::kDeny) {
    demand.refusal = decision.message;
  }
  demand.expected = ExpectedOf(
      sandbox, demand.refusal.empty() ? policy::WithEdits(facts, decision.edits) : facts);
  if (!running.config_known && demand.expected.uid == kSomeUser) {
    demand.expected.uid.reset();
    demand.expected.non_root = true;
  }
  return demand;
}

}  // namespace sekisho::verify
