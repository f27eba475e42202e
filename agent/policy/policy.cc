#include "policy/policy.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/glob.h"

namespace sekisho::policy {
namespace {

bool AnyGlobMatches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(
      patterns, [text](const std::string& pattern) { return GlobMatches(pattern, text); });
}

// All of the match but its containers.
bool MatchesPod(const Match& match, const PodIdentity& pod) {
  return (match.namespaces.empty() || AnyGlobMatches(match.namespaces, pod.namespace_)) &&
         (match.pods.empty() || AnyGlobMatches(match.pods, pod.name)) &&
         (match.runtime_handlers.empty() ||
          std::ranges::find(match.runtime_handlers, pod.runtime_handler) !=
              match.runtime_handlers.end()) &&
         (!match.source.has_value() || *match.source == pod.source);
}

bool MatchesContainer(const Match& match, const std::string& container) {
  return match.containers.empty() || AnyGlobMatches(match.containers, container);
}

bool HoldsAt(const Exemption& exemption, std::chrono::sys_seconds now) {
  return !exemption.expires_at.has_value() || now < *exemption.expires_at;
}

// How much of a namespace the patterns say: an exact name says most, then the longest literal
// beginning. The weakest pattern of a list counts, since any of them can be the one that matches.
size_t NamespaceSpecificity(const Match& match) {
  if (match.namespaces.empty()) {
    return 0;
  }
  size_t weakest = SIZE_MAX;
  for (const std::string& pattern : match.namespaces) {
    const size_t wildcard = pattern.find_first_of("*?");
    weakest = std::min(weakest, wildcard == std::string::npos ? SIZE_MAX : wildcard + 1);
  }
  return weakest;
}

auto Precedence(const Rule& rule) {
  return std::tuple(!rule.match.containers.empty(), !rule.match.pods.empty(),
                    NamespaceSpecificity(rule.match), rule.match.source.has_value(),
                    !rule.match.runtime_handlers.empty());
}

Spec Exempted(Spec spec, const Exemption& exemption) {
  spec.enforce = {Level::kPrivileged, {}};
  spec.controls = {};
  spec.exemption_reason = exemption.reason;
  spec.origin = exemption.origin;
  return spec;
}

}  // namespace

Policy::Policy(Spec defaults, std::vector<Rule> rules, std::vector<Exemption> exemptions)
    : defaults_(std::move(defaults)), rules_(std::move(rules)), exemptions_(std::move(exemptions)) {
  std::ranges::stable_sort(
      rules_, [](const Rule& a, const Rule& b) { return Precedence(a) > Precedence(b); });
  default_spec_ = std::make_shared<const Spec>(defaults_);
  for (const Rule& rule : rules_) {
    rule_specs_.push_back(std::make_shared<const Spec>(rule.spec));
  }
}

template <typename Matches>
SpecPtr Policy::Select(std::chrono::sys_seconds now, Matches matches) const {
  const auto rule =
      std::ranges::find_if(rules_, [&](const Rule& candidate) { return matches(candidate.match); });
  const SpecPtr& spec = rule == rules_.end()
                            ? default_spec_
                            : rule_specs_[static_cast<size_t>(rule - rules_.begin())];
  const auto exemption = std::ranges::find_if(exemptions_, [&](const Exemption& candidate) {
    return matches(candidate.match) && HoldsAt(candidate, now);
  });
  return exemption == exemptions_.end() ? spec
                                        : std::make_shared<const Spec>(Exempted(*spec, *exemption));
}

SpecPtr Policy::ForContainer(const PodIdentity& pod, const std::string& container,
                             std::chrono::sys_seconds now) const {
  return Select(now, [&](const Match& match) {
    return MatchesPod(match, pod) && MatchesContainer(match, container);
  });
}

SpecPtr Policy::ForSandbox(const PodIdentity& pod, std::chrono::sys_seconds now) const {
  SpecPtr spec = Select(
      now, [&](const Match& match) { return match.containers.empty() && MatchesPod(match, pod); });
  if (spec->exemption_reason.has_value()) {
    return spec;
  }
  const bool per_container =
      std::ranges::any_of(rules_,
                          [&](const Rule& candidate) {
                            return !candidate.match.containers.empty() &&
                                   candidate.spec.enforce.level == Level::kPrivileged &&
                                   MatchesPod(candidate.match, pod);
                          }) ||
      std::ranges::any_of(exemptions_, [&](const Exemption& exemption) {
        return !exemption.match.containers.empty() && MatchesPod(exemption.match, pod) &&
               HoldsAt(exemption, now);
      });
  if (per_container == spec->privileged_decided_per_container) {
    return spec;
  }
  Spec copy = *spec;
  copy.privileged_decided_per_container = per_container;
  return std::make_shared<const Spec>(std::move(copy));
}

}  // namespace sekisho::policy
