// The agent's rules beside the second evaluator's, over the same request.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "differential/request_generator.h"
#include "differential/second_evaluator.h"
#include "mounts/resolver.h"
#include "policy/decision.h"
#include "policy/spec.h"

namespace sekisho::differential {

// The ids of checks that are violated.
using Ids = std::set<std::string_view>;

Ids ViolatedIn(const Verdict& verdict);
// Of the agent's violations those of checks that the second evaluator knows.
Ids ComparedIn(const std::vector<policy::Violation>& violations);
std::string IdsText(const Ids& ids);
// Seed, level, version and steps.
std::string CaseText(const Case& asked);

// The level and version of a case, and nothing else: every violation is refused.
policy::Spec PureSpec();
void SetStandard(const Case& asked, policy::Spec& spec);

// What the agent says: extraction of facts, resolution of mounts by their paths, decision.
class Agent {
 public:
  // For the node of all cases.
  Agent();

  policy::Decision JudgeSandbox(const policy::Spec& spec, const Request& request) const;
  policy::Decision JudgeContainer(const policy::Spec& spec, const Request& request) const;

 private:
  mounts::Resolver resolver_;
};

// Both verdicts of a request, of the sandbox and of the container.
struct Comparison {
  Verdict pod;
  Verdict container;
  Ids agent_pod;
  Ids agent_container;

  bool Agrees() const {
    return ViolatedIn(pod) == agent_pod && ViolatedIn(container) == agent_container;
  }
  // What only one of the two calls violated.
  Ids Disputed() const;
};

// What somebody who reads a case wrongly would see in it. Null: nobody does.
using Misreading = void (*)(Case& asked, Request& request);

class Comparer {
 public:
  // The second evaluator is given what `misreading` makes of each case.
  explicit Comparer(Misreading misreading = nullptr) : misreading_(misreading) {}

  Comparison Compare(const Case& asked);
  // The case without the steps that the disagreement does not need, in words: seed, level, steps,
  // both verdicts, the request, and what of it differs from a kubelet's for a harmless pod.
  std::string Explain(Case asked);

 private:
  Misreading misreading_;
  Agent agent_;
  policy::Spec spec_ = PureSpec();
};

}  // namespace sekisho::differential
