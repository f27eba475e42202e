#include "policy/evaluate.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/repair.h"

namespace sekisho::policy {
namespace {

// One violation, with the check that it came from: what is to become of it depends on the group.
struct Found {
  const Check* check;
  Finding finding;
};

template <typename Look>
std::vector<Found> FindAt(Level level, Look look) {
  std::vector<Found> found;
  for (const Check& check : Checks()) {
    if (!IsActive(check, level)) {
      continue;
    }
    if (std::optional<Finding> finding = look(check)) {
      found.push_back({&check, *std::move(finding)});
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

// `reason (detail), reason, …` behind Kubernetes' own opening words.
std::string Message(const LevelVersion& level, const std::vector<Violation>& violations) {
  return base::StrCat("violates PodSecurity \"", level.ToString(),
                      "\": ", base::StrJoin(violations, ", ", [](const Violation& violation) {
                        return violation.detail.empty()
                                   ? violation.reason
                                   : base::StrCat(violation.reason, " (", violation.detail, ")");
                      }));
}

bool CanRepair(const Spec& spec, const Check& check) {
  if (!check.group.has_value() || !IsRepairable(*check.group) ||
      spec.For(*check.group) != OnViolation::kHarden) {
    return false;
  }
  return *check.group != CheckGroup::kSeccomp || !spec.harden.deny_unconfined;
}

// Fills in everything but the edits, and says what is left to refuse.
template <typename Look>
Decision Judge(const Spec& spec, Look look, std::vector<Found>& found) {
  Decision decision;
  found = FindAt(spec.enforce.level, look);
  decision.violations = ToViolations(found);
  decision.audit = ToViolations(FindAt(spec.audit.level, look));
  // Mostly the same level: what is found is the same too.
  decision.warn =
      spec.warn == spec.audit ? decision.audit : ToViolations(FindAt(spec.warn.level, look));
  return decision;
}

}  // namespace

Decision EvaluateSandbox(const Spec& spec, const SandboxFacts& sandbox) {
  const auto look = [&](const Check& check) {
    return check.sandbox == nullptr ? std::nullopt : check.sandbox(spec, sandbox);
  };
  std::vector<Found> found;
  Decision decision = Judge(spec, look, found);
  // Nothing of a sandbox is edited: what is wrong with it is refused.
  if (found.empty()) {
    decision.action = Action::kAllow;
  } else {
    decision.action = Action::kDeny;
    decision.message = Message(spec.enforce, decision.violations);
  }
  return decision;
}

Decision EvaluateContainer(const Spec& spec, const SandboxFacts& sandbox,
                           const ContainerFacts& container) {
  const auto look = [&](const Check& check) {
    return check.container == nullptr ? std::nullopt : check.container(spec, sandbox, container);
  };
  std::vector<Found> found;
  Decision decision = Judge(spec, look, found);
  if (spec.enforce.level == Level::kPrivileged) {
    decision.action = Action::kAllow;
    return decision;
  }

  std::vector<Found> unrepaired;
  std::vector<CheckGroup> repaired;
  for (Found& one : found) {
    if (CanRepair(spec, *one.check)) {
      repaired.push_back(*one.check->group);
    } else {
      unrepaired.push_back(std::move(one));
    }
  }
  if (!unrepaired.empty()) {
    decision.action = Action::kDeny;
    decision.message = Message(spec.enforce, ToViolations(unrepaired));
    return decision;
  }

  decision.edits = EditsFor(spec, container, repaired);
  decision.edit_records = Describe(container, decision.edits);
  decision.action = decision.edits.empty() ? Action::kAllow : Action::kHarden;
  return decision;
}

}  // namespace sekisho::policy
