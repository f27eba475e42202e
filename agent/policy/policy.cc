#include "policy/policy.h"

#include <algorithm>
#include <map>
#include <mutex>
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
  spec.also_enforce.reset();
  spec.controls = {};
  spec.exemption_reason = exemption.reason;
  spec.origin = exemption.origin;
  return spec;
}

// Levels in an order of their own, for a map.
auto Key(const LevelVersion& level) {
  return std::tuple(level.level, level.version.minor);
}
auto Key(const LevelChoice& choice) {
  const std::optional<LevelVersion>& also = choice.also_enforce;
  return std::tuple(Key(choice.levels.enforce), Key(choice.levels.audit), Key(choice.levels.warn),
                    also.has_value() ? std::optional(Key(*also)) : std::nullopt, choice.source);
}

}  // namespace

// A spec is large, and a request that is decided by labels would copy two of them. There are few
// different sets of labels in a cluster; whoever may write labels could make many, so no more than
// a number of them is kept.
class Policy::LabelledSpecs {
 public:
  SpecPtr With(const SpecPtr& spec, const LevelChoice& choice) {
    if (choice.source == LevelSource::kPolicy) {
      return spec;
    }
    const std::lock_guard lock(mu_);
    const auto key = std::tuple(spec.get(), Key(choice));
    if (const auto known = known_.find(key); known != known_.end()) {
      return known->second;
    }
    auto made = std::make_shared<const Spec>(WithLevels(*spec, choice));
    if (known_.size() < kMost) {
      known_.emplace(key, made);
    }
    return made;
  }

 private:
  static constexpr size_t kMost = 512;

  std::mutex mu_;
  // The pointers are to specs that the policy owns.
  std::map<std::tuple<const Spec*, decltype(Key(LevelChoice()))>, SpecPtr> known_;
};

Policy::Policy(Spec defaults, std::vector<Rule> rules, std::vector<Exemption> exemptions)
    : defaults_(std::move(defaults)),
      rules_(std::move(rules)),
      exemptions_(std::move(exemptions)),
      labelled_(std::make_shared<LabelledSpecs>()) {
  std::ranges::stable_sort(
      rules_, [](const Rule& a, const Rule& b) { return Precedence(a) > Precedence(b); });
  default_spec_ = std::make_shared<const Spec>(defaults_);
  for (const Rule& rule : rules_) {
    rule_specs_.push_back(std::make_shared<const Spec>(rule.spec));
  }
}

template <typename Matches, typename Labelled>
SpecPtr Policy::Select(std::chrono::sys_seconds now, Matches matches, Labelled labelled) const {
  const auto rule =
      std::ranges::find_if(rules_, [&](const Rule& candidate) { return matches(candidate.match); });
  SpecPtr spec =
      labelled(rule == rules_.end() ? default_spec_
                                    : rule_specs_[static_cast<size_t>(rule - rules_.begin())]);
  const auto exemption = std::ranges::find_if(exemptions_, [&](const Exemption& candidate) {
    return matches(candidate.match) && HoldsAt(candidate, now);
  });
  return exemption == exemptions_.end() ? spec
                                        : std::make_shared<const Spec>(Exempted(*spec, *exemption));
}

SpecPtr Policy::ForContainer(const PodIdentity& pod, const std::string& container,
                             std::chrono::sys_seconds now, const NamespaceView& namespaces) const {
  return Select(
      now,
      [&](const Match& match) {
        return MatchesPod(match, pod) && MatchesContainer(match, container);
      },
      [&](const SpecPtr& spec) {
        return labelled_->With(spec, ChooseLevels(*spec, namespaces, pod));
      });
}

SpecPtr Policy::ForSandbox(const PodIdentity& pod, std::chrono::sys_seconds now,
                           const NamespaceView& namespaces) const {
  SpecPtr spec = Select(
      now, [&](const Match& match) { return match.containers.empty() && MatchesPod(match, pod); },
      [&](const SpecPtr& of_file) {
        return labelled_->With(of_file, ChooseLevels(*of_file, namespaces, pod));
      });
  if (spec->exemption_reason.has_value()) {
    return spec;
  }
  const bool per_container =
      std::ranges::any_of(
          rules_,
          [&](const Rule& candidate) {
            return !candidate.match.containers.empty() && MatchesPod(candidate.match, pod) &&
                   ChooseLevels(candidate.spec, namespaces, pod).levels.enforce.level ==
                       Level::kPrivileged;
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
