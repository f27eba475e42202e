#include "policy/evaluate.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/localhost_profile.h"
#include "policy/repair.h"

namespace sekisho::policy {
namespace {

// One violation, with the check that it came from: what is to become of it depends on the group.
struct Found {
  const Check* check;
  Finding finding;
  LevelVersion at;  // what it violates
};

std::vector<Found> FindAt(const Spec& spec, const LevelVersion& at, bool controls,
                          const Subject& subject) {
  const Question question{spec, at.level, at.version.Clamped(), subject};
  std::vector<Found> found;
  for (const Check* check : ActiveChecks(at.level, question.minor, controls)) {
    if (std::optional<Finding> finding = check->find(question)) {
      found.push_back({check, *std::move(finding), at});
    }
  }
  return found;
}

// What of `subject` is against what is enforced: one level, or two that hold beside each other. The
// controls and the checks of ours are the same at both.
std::vector<Found> FindEnforced(const Spec& spec, const Subject& subject) {
  std::vector<Found> found = FindAt(spec, spec.enforce, true, subject);
  if (!spec.also_enforce.has_value()) {
    return found;
  }
  for (Found& other : FindAt(spec, *spec.also_enforce, false, subject)) {
    const bool known = std::ranges::any_of(found, [&other](const Found& one) {
      return one.check == other.check && (one.check->kind != CheckKind::kPodSecurity ||
                                          one.finding.detail == other.finding.detail);
    });
    if (!known) {
      found.push_back(std::move(other));
    }
  }
  return found;
}

std::vector<Violation> ToViolations(const std::vector<Found>& found) {
  std::vector<Violation> violations;
  violations.reserve(found.size());
  for (const Found& one : found) {
    violations.push_back({one.check->id, one.finding.reason, one.finding.detail});
  }
  return violations;
}

// About a missing file, which has a repair of its own.
bool IsOfMissingFile(const Check& check) {
  return check.find == &LocalhostProfileMissing;
}

bool CanRepair(const Spec& spec, const Check& check) {
  if (IsOfMissingFile(check)) {
    return spec.missing_profile.has_value();
  }
  if (!check.group.has_value() || !IsRepairable(*check.group) ||
      spec.For(*check.group) != OnViolation::kHarden) {
    return false;
  }
  return *check.group != CheckGroup::kSeccomp || !spec.harden.deny_unconfined;
}

// What of `found` nothing repairs; the groups of the rest are added to `repaired`.
std::vector<Found> Refused(const Spec& spec, const std::vector<Found>& found,
                           std::vector<CheckGroup>& repaired) {
  std::vector<Found> refused;
  for (const Found& one : found) {
    if (!CanRepair(spec, *one.check)) {
      refused.push_back(one);
    } else if (one.check->group.has_value()) {
      repaired.push_back(*one.check->group);
    }
  }
  return refused;
}

// Fills in what the levels beside the enforced one would refuse.
void JudgeOtherLevels(const Spec& spec, const Subject& subject, Decision& decision) {
  decision.audit = ToViolations(FindAt(spec, spec.audit, false, subject));
  // Mostly the same level: what is found is the same too.
  decision.warn = spec.warn == spec.audit ? decision.audit
                                          : ToViolations(FindAt(spec, spec.warn, false, subject));
}

// One sentence for each of the levels that hold beside each other.
std::string RefusalOf(const Spec& spec, const std::vector<Found>& found) {
  std::vector<Found> of_enforce;
  std::vector<Found> of_other;
  for (const Found& one : found) {
    (one.at == spec.enforce ? of_enforce : of_other).push_back(one);
  }
  std::string text = RefusalText(spec.enforce, ToViolations(of_enforce));
  if (!of_other.empty()) {
    text += base::StrCat(text.empty() ? "" : "; ",
                         RefusalText(of_other.front().at, ToViolations(of_other)));
  }
  return text;
}

void Deny(const Spec& spec, const std::vector<Found>& why, Decision& decision) {
  decision.action = Action::kDeny;
  decision.edits = {};
  decision.message = RefusalOf(spec, why);
}

Subject SubjectOf(const SandboxFacts& sandbox, const ContainerFacts& container) {
  return {.sandbox = sandbox,
          .containers = {&container, 1},
          .declared = nullptr,
          .scope = Scope::kContainer};
}

std::vector<Found> StillWrong(const Spec& spec, const SandboxFacts& sandbox,
                              const ContainerFacts& repaired) {
  return FindEnforced(spec, SubjectOf(sandbox, repaired));
}

// All that is wrong with a container. What is about a profile's file is said of the one that it
// would run with: a file that the node's own takes the place of does not matter, and the node's own
// can be wrong too.
std::vector<Found> FindIn(const Spec& spec, const SandboxFacts& sandbox,
                          const ContainerFacts& container) {
  std::vector<Found> found = StillWrong(spec, sandbox, container);
  if (container.profiles.empty()) {
    return found;
  }
  std::vector<Found> of_request = found;
  std::erase_if(of_request, [](const Found& one) { return one.check->of_profile_file; });
  std::vector<CheckGroup> repaired;
  Refused(spec, of_request, repaired);
  const SecurityProfile to_run = SeccompToRun(spec, container, repaired);
  const SecurityProfile effective = EffectiveSeccomp(container);
  if (to_run == effective || AsFound(spec, container, to_run) == effective) {
    return found;  // it names what it will run with, perhaps after an evaluation before this one
  }
  found = std::move(of_request);
  for (Found& one : StillWrong(spec, sandbox, WithEdits(container, {.seccomp = to_run}))) {
    if (one.check->of_profile_file) {
      found.push_back(std::move(one));
    }
  }
  std::ranges::sort(found, {}, &Found::check);  // the table's order
  return found;
}

// Adds what was not found before.
void AddNew(std::vector<Violation> more, std::vector<Violation>& violations) {
  for (Violation& one : more) {
    const bool known = std::ranges::any_of(violations, [&one](const Violation& other) {
      return other.check == one.check && other.detail == one.detail;
    });
    if (!known) {
      violations.push_back(std::move(one));
    }
  }
}

const Check* CheckOf(const Violation& violation) {
  const auto check = std::ranges::find(Checks(), violation.check, &Check::id);
  return check == Checks().end() ? nullptr : &*check;
}

bool IsPodSecurity(const Violation& violation) {
  const Check* check = CheckOf(violation);
  return check != nullptr && check->kind == CheckKind::kPodSecurity;
}

}  // namespace

Decision EvaluateSandbox(const Spec& spec, const SandboxFacts& sandbox) {
  Decision decision;
  const Subject subject{.sandbox = sandbox};
  const std::vector<Found> found = FindEnforced(spec, subject);
  decision.violations = ToViolations(found);
  JudgeOtherLevels(spec, subject, decision);
  std::vector<CheckGroup> repaired;
  if (const std::vector<Found> refused = Refused(spec, found, repaired); !refused.empty()) {
    Deny(spec, refused, decision);
    return decision;
  }
  decision.sandbox_edits = EditsFor(spec, sandbox, repaired);
  decision.edit_records = Describe(sandbox, decision.sandbox_edits, "config");
  // What is repaired in each container instead leaves nothing to edit here.
  decision.action = decision.sandbox_edits.empty() ? Action::kAllow : Action::kHarden;
  return decision;
}

Decision EvaluateContainer(const Spec& spec, const SandboxFacts& sandbox,
                           const ContainerFacts& container) {
  Decision decision;
  const std::vector<Found> found = FindIn(spec, sandbox, container);
  decision.violations = ToViolations(found);
  JudgeOtherLevels(spec, SubjectOf(sandbox, container), decision);
  std::vector<CheckGroup> repaired;
  if (const std::vector<Found> refused = Refused(spec, found, repaired); !refused.empty()) {
    Deny(spec, refused, decision);
    return decision;
  }
  decision.edits = EditsFor(spec, container, repaired);
  if (!found.empty() || !container.profiles.empty()) {
    // Not every repair reaches what is wrong: a container without SELinux options of its own has
    // the pod's, whatever is done to its own. And the file that comes in can be wrong as well.
    const std::vector<Found> left = StillWrong(spec, sandbox, WithEdits(container, decision.edits));
    if (!left.empty()) {
      AddNew(ToViolations(left), decision.violations);
      Deny(spec, left, decision);
      return decision;
    }
  }
  decision.edit_records = Describe(container, decision.edits);
  decision.action = decision.edits.empty() ? Action::kAllow : Action::kHarden;
  decision.seccomp_ignored = SeccompIsIgnored(container);
  return decision;
}

std::optional<std::string> WhyNotLegal(const Spec& spec, const SandboxFacts& sandbox) {
  std::vector<CheckGroup> repaired;
  const std::vector<Found> refused =
      Refused(spec, FindEnforced(spec, {.sandbox = sandbox}), repaired);
  if (!refused.empty()) {
    return RefusalOf(spec, refused);
  }
  return EditsFor(spec, sandbox, repaired).empty() ? std::nullopt : std::optional("more edits");
}

std::optional<std::string> WhyNotLegal(const Spec& spec, const SandboxFacts& sandbox,
                                       const ContainerFacts& container) {
  const std::vector<Found> left = StillWrong(spec, sandbox, container);
  if (!left.empty()) {
    return RefusalOf(spec, left);
  }
  return EditsFor(spec, container, {}).empty() ? std::nullopt : std::optional("more edits");
}

Decision EvaluateUpdate(const Spec& spec, const SandboxFacts& sandbox,
                        const ContainerFacts& container) {
  const Subject subject = SubjectOf(sandbox, container);
  const Question question{spec, spec.enforce.level, spec.enforce.version.Clamped(), subject};
  Decision decision;
  decision.action = Action::kAllow;
  for (const Check* check : ActiveChecks(question.level, question.minor, false)) {
    if (!check->at_update) {
      continue;
    }
    if (std::optional<Finding> finding = check->find(question)) {
      decision.violations.push_back({check->id, finding->reason, finding->detail});
    }
  }
  if (!decision.violations.empty()) {
    decision.action = Action::kDeny;
    decision.message = RefusalText(spec.enforce, decision.violations);
  }
  return decision;
}

std::vector<Violation> ViolationsOf(const Spec& spec, const LevelVersion& at,
                                    const Subject& subject) {
  return ToViolations(FindAt(spec, at, true, subject));
}

std::vector<Violation> Unrepaired(const Spec& spec, const std::vector<Violation>& violations) {
  std::vector<Violation> unrepaired;
  for (const Violation& violation : violations) {
    const Check* check = CheckOf(violation);
    if (check == nullptr || !CanRepair(spec, *check)) {
      unrepaired.push_back(violation);
    }
  }
  return unrepaired;
}

std::string ViolationsText(const std::vector<Violation>& violations) {
  return base::StrJoin(violations, ", ", [](const Violation& violation) {
    return violation.detail.empty() ? violation.reason
                                    : base::StrCat(violation.reason, " (", violation.detail, ")");
  });
}

std::string RefusalText(const LevelVersion& at, const std::vector<Violation>& violations) {
  // Kubernetes' words are kept for what Kubernetes would say.
  std::vector<Violation> of_level;
  std::vector<Violation> of_node;
  for (const Violation& violation : violations) {
    (IsPodSecurity(violation) ? of_level : of_node).push_back(violation);
  }
  std::string text;
  if (!of_level.empty()) {
    text = base::StrCat("violates PodSecurity \"", at.ToString(), "\": ", ViolationsText(of_level));
  }
  if (!of_node.empty()) {
    text +=
        base::StrCat(text.empty() ? "" : "; ", "violates node policy: ", ViolationsText(of_node));
  }
  return text;
}

std::string WouldViolateText(const LevelVersion& at, const std::vector<Violation>& violations) {
  std::vector<Violation> of_level = violations;
  std::erase_if(of_level, [](const Violation& one) { return !IsPodSecurity(one); });
  return of_level.empty() ? ""
                          : base::StrCat("would violate PodSecurity \"", at.ToString(),
                                         "\": ", ViolationsText(of_level));
}

}  // namespace sekisho::policy
