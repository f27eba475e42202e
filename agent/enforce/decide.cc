#include "enforce/decide.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "policy/checks.h"
#include "policy/evaluate.h"
#include "policy/localhost_profile.h"
#include "policy/repair.h"

namespace sekisho::enforce {
namespace {

// The decision, with what the node's files say when the container would run with one. Which one
// that is, and with which capabilities, is known only after a first decision.
policy::Decision Decide(const policy::Spec& spec, const policy::SandboxFacts& sandbox,
                        const LookAtProfile& look, audit::DecidedFacts& judged) {
  policy::ContainerFacts& facts = *judged.container;
  policy::Decision decision = policy::EvaluateContainer(spec, sandbox, facts);
  if (!look || decision.action == policy::Action::kDeny ||
      !policy::NamesAFile(facts, decision.edits)) {
    return decision;
  }
  const policy::ContainerFacts edited = policy::WithEdits(facts, decision.edits);
  const std::vector<std::string> paths = policy::ProfilePathsToLookAt(spec, edited);
  if (paths.empty()) {
    return decision;
  }
  const caps::CapSet capabilities =
      edited.privileged ? caps::CapSet::All()
                        : caps::EffectiveFromCri(edited.capabilities_add, edited.capabilities_drop);
  judged.profile_question = QuestionDigest(spec.localhost, capabilities);
  for (const std::string& path : paths) {
    if (policy::ProfileOf(facts, path) != nullptr) {
      continue;
    }
    if (std::optional<seccomp::ProfileFacts> found = look(path, spec.localhost, capabilities)) {
      facts.profiles.push_back(*std::move(found));
    }
  }
  return policy::EvaluateContainer(spec, sandbox, facts);
}

// Where the level is privileged the policy attaches nothing; a recording does.
void Attach(const policy::SeccompTarget& logging, const policy::ContainerFacts& facts,
            policy::Decision& decision) {
  const policy::SecurityProfile profile{policy::ProfileType::kLocalhost, *logging.localhost_path};
  if (policy::EffectiveSeccomp(policy::WithEdits(facts, decision.edits)) != profile) {
    decision.edits.seccomp = profile;
    decision.edit_records = policy::Describe(facts, decision.edits);
    decision.action = policy::Action::kHarden;
  }
}

}  // namespace

policy::Decision DecideSandboxAgain(const policy::Policy& policy, const policy::Spec& of_container,
                                    const policy::SandboxFacts& sandbox,
                                    std::chrono::sys_seconds now,
                                    const policy::NamespaceView& namespaces) {
  return policy::EvaluateSandbox(of_container.enforce.level == policy::Level::kPrivileged
                                     ? of_container
                                     : *policy.ForSandbox(sandbox.pod, now, namespaces),
                                 sandbox);
}

ContainerDecision DecideContainer(const policy::Spec& spec, audit::DecidedFacts& facts,
                                  policy::Decision of_sandbox, const LookAtProfile& look,
                                  bool recorded) {
  ContainerDecision result;
  std::vector<policy::EditRecord> sandbox_records;
  if (!of_sandbox.sandbox_edits.empty()) {
    sandbox_records = policy::Describe(facts.sandbox, of_sandbox.sandbox_edits, "sandbox_config");
    result.edited_sandbox = policy::WithEdits(facts.sandbox, of_sandbox.sandbox_edits);
  }
  const policy::SandboxFacts& sandbox =
      result.edited_sandbox.has_value() ? *result.edited_sandbox : facts.sandbox;
  policy::Decision& decision = result.decision;
  decision = Decide(spec, sandbox, look, facts);
  if (decision.action == policy::Action::kDeny) {
    return result;
  }
  if (recorded) {
    Attach(*spec.harden.seccomp_always, *facts.container, decision);
  }
  if (!of_sandbox.sandbox_edits.empty()) {
    decision.action = policy::Action::kHarden;
    decision.sandbox_edits = std::move(of_sandbox.sandbox_edits);
    std::ranges::move(sandbox_records, std::back_inserter(decision.edit_records));
  }
  return result;
}

policy::Spec SpecForRecording(policy::Spec spec, const std::string& profile_path) {
  spec.harden.seccomp_always = policy::SeccompTarget{profile_path};
  spec.localhost = {.floor = {.kind = seccomp::Floor::Kind::kNone},
                    .must_deny = {},
                    .docker_format = seccomp::DockerFormat::kResolve,
                    .allow_unconfined_in_disguise = true};
  spec.controls.seccomp.reset();
  return spec;
}

seccomp::ProfileFacts LoggingProfile(const std::string& path) {
  return {.path = path, .state = seccomp::ProfileFacts::State::kUsable, .pinned_path = path};
}

const seccomp::ProfileFacts* LoggingProfileIn(const std::vector<seccomp::ProfileFacts>& profiles) {
  const auto found = std::ranges::find_if(profiles, [](const auto& profile) {
    return !profile.path.empty() && profile == LoggingProfile(profile.path);
  });
  return found == profiles.end() ? nullptr : &*found;
}

std::string QuestionDigest(const seccomp::Demands& demands, caps::CapSet capabilities) {
  constexpr size_t kDigits = 16;  // nobody gains by two questions that look alike
  return base::Sha256Hex(
             base::StrCat(static_cast<int>(demands.floor.kind), "\n", demands.floor.path, "\n",
                          static_cast<int>(demands.docker_format), "\n", capabilities.mask(), "\n",
                          base::StrJoin(demands.must_deny, ",")))
      .substr(0, kDigits);
}

}  // namespace sekisho::enforce
