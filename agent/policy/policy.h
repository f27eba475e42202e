// A whole node's policy, compiled and frozen: defaults, ordered rules, exemptions.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/facts.h"
#include "policy/namespace_labels.h"
#include "policy/spec.h"

namespace sekisho::policy {

// Which pods and containers a rule or exemption is about. Every list that is given must match; a
// list matches when any of its patterns does. Patterns are globs over a whole name: `*` any run of
// characters, `?` one.
struct Match {
  std::vector<std::string> namespaces = {};
  std::vector<std::string> pods = {};
  std::vector<std::string> containers = {};
  std::vector<std::string> runtime_handlers = {};  // exact; "" is the default handler
  std::optional<PodSource> source = std::nullopt;
};

// One entry of `rules`. What is not given is inherited from the policy's defaults, not from a less
// specific rule: exactly one rule applies.
struct Rule {
  Match match;
  Spec spec;           // already merged with the defaults
  std::string origin;  // "policy.yaml: rules[0] (line 12)"
};

struct Exemption {
  Match match;
  std::string reason;
  // First instant at which the exemption no longer holds (midnight UTC after the `expires` date).
  std::optional<std::chrono::sys_seconds> expires_at;
  std::string origin;
};

// Never null. Shared, because a spec is large and every request needs one.
using SpecPtr = std::shared_ptr<const Spec>;

class Policy {
 public:
  // Takes rules in file order and sorts them most specific first (stable). The order of precedence
  // of two rules is: containers given > pods given > exact namespace > namespace glob with the
  // longer literal beginning > no namespace; then source given; then runtime handler given; then
  // file order.
  Policy(Spec defaults, std::vector<Rule> rules, std::vector<Exemption> exemptions);

  // The spec for a sandbox: rules that name containers do not apply (but see
  // Spec::privileged_decided_per_container). `now` decides which exemptions have expired;
  // `namespaces` is what the labels are taken from. An exemption wins over any label.
  SpecPtr ForSandbox(const PodIdentity& pod, std::chrono::sys_seconds now,
                     const NamespaceView& namespaces = {}) const;
  SpecPtr ForContainer(const PodIdentity& pod, const std::string& container,
                       std::chrono::sys_seconds now, const NamespaceView& namespaces = {}) const;

  const Spec& defaults() const { return defaults_; }
  const std::vector<Rule>& rules() const { return rules_; }  // in order of precedence
  const std::vector<Exemption>& exemptions() const { return exemptions_; }

 private:
  class LabelledSpecs;  // specs with other levels, so that a request needs no copy; see policy.cc

  // The spec of the first rule whose match satisfies `matches`, or the defaults, with the levels
  // that `labelled` gives it, unless an exemption that satisfies it holds.
  template <typename Matches, typename Labelled>
  SpecPtr Select(std::chrono::sys_seconds now, Matches matches, Labelled labelled) const;

  Spec defaults_;
  std::vector<Rule> rules_;
  SpecPtr default_spec_;
  std::vector<SpecPtr> rule_specs_;  // of rules_
  std::vector<Exemption> exemptions_;
  std::shared_ptr<LabelledSpecs> labelled_;
};

}  // namespace sekisho::policy
