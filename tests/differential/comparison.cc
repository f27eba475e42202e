#include "differential/comparison.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <iterator>

#include "base/str_cat.h"
#include "cri/facts.h"
#include "enforce/judge.h"
#include "policy/checks.h"
#include "policy/evaluate.h"

namespace sekisho::differential {
namespace {

mounts::Resolver::Options ResolverOptions() {
  const Node node = NodeOf({});
  mounts::Resolver::Options options{.kubelet_root = node.kubelet_root, .look_at_node = false};
  for (const auto& [name, plugin] : node.volumes) {
    options.known_volumes[name] = plugin.empty() ? mounts::KnownVolume{.host_path = "/etc"}
                                                 : mounts::KnownVolume{.plugin = plugin};
  }
  return options;
}

// Of the agent's own checks, those that are described in second_evaluator.h.
const Ids& OwnChecks() {
  static const auto& ids = *new Ids{"mount-settings", "namespace-mismatch",
                                    "seccomp-localhost-path", "unknown-field", "windows-on-linux"};
  return ids;
}

bool IsCompared(std::string_view id) {
  for (const policy::Check& check : policy::Checks()) {
    if (check.id == id) {
      return check.kind == policy::CheckKind::kPodSecurity || OwnChecks().contains(id);
    }
  }
  return false;
}

std::string DifferenceText(const google::protobuf::Message& from,
                           const google::protobuf::Message& to) {
  std::string text;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&text);
  differencer.Compare(from, to);
  return text;
}

}  // namespace

Ids ViolatedIn(const Verdict& verdict) {
  Ids ids;
  for (const auto& [id, violated] : verdict) {
    if (violated) {
      ids.insert(id);
    }
  }
  return ids;
}

Ids ComparedIn(const std::vector<policy::Violation>& violations) {
  Ids ids;
  for (const policy::Violation& violation : violations) {
    if (IsCompared(violation.check)) {
      ids.insert(violation.check);
    }
  }
  return ids;
}

std::string IdsText(const Ids& ids) {
  std::string text;
  for (const std::string_view id : ids) {
    text += base::StrCat(text.empty() ? "" : ", ", id);
  }
  return text.empty() ? "nothing" : text;
}

Ids Comparison::Disputed() const {
  Ids ids;
  const auto add = [&ids](const Ids& one, const Ids& other) {
    std::ranges::set_symmetric_difference(one, other, std::inserter(ids, ids.end()));
  };
  add(ViolatedIn(pod), agent_pod);
  add(ViolatedIn(container), agent_container);
  return ids;
}

policy::Spec PureSpec() {
  policy::Spec spec = policy::DefaultSpec();
  spec.on_violation.fill(policy::OnViolation::kDeny);
  return spec;
}

void SetStandard(const Case& asked, policy::Spec& spec) {
  spec.enforce.level = policy::Level::kBaseline;
  if (asked.privileged) {
    spec.enforce.level = policy::Level::kPrivileged;
  } else if (asked.restricted) {
    spec.enforce.level = policy::Level::kRestricted;
  }
  spec.enforce.version.minor = asked.latest ? std::nullopt : std::optional<int>(asked.minor);
  spec.node.kubelet_seccomp_default = asked.seccomp_default;
}

std::string CaseText(const Case& asked) {
  const std::string level =
      asked.privileged ? "privileged" : (asked.restricted ? "restricted" : "baseline");
  const std::string version = asked.latest ? "latest" : base::StrCat("v1.", asked.minor);
  std::string text = base::StrCat("seed ", asked.seed, ", ", level, ":", version,
                                  asked.seccomp_default ? ", seccompDefault" : "");
  for (const Step& step : asked.steps) {
    text += base::StrCat("; ", StepName(step));
  }
  return text;
}

Agent::Agent() : resolver_(ResolverOptions()) {}

policy::Decision Agent::JudgeSandbox(const policy::Spec& spec, const Request& request) const {
  return policy::EvaluateSandbox(spec, cri::FactsFrom(request.pod, "", "config"));
}

policy::Decision Agent::JudgeContainer(const policy::Spec& spec, const Request& request) const {
  const policy::SandboxFacts pod = cri::FactsFrom(request.pod, "", "config");
  return policy::EvaluateContainer(
      spec, pod, enforce::LookedUp(resolver_, pod.pod, cri::FactsFrom(request.container)));
}

Comparison Comparer::Compare(const Case& asked) {
  Request request = MakeRequest(asked.steps);
  SetStandard(asked, spec_);
  Comparison both;
  both.agent_pod = ComparedIn(agent_.JudgeSandbox(spec_, request).violations);
  both.agent_container = ComparedIn(agent_.JudgeContainer(spec_, request).violations);
  Case read = asked;
  if (misreading_ != nullptr) {
    misreading_(read, request);
  }
  both.pod = JudgeSandbox(read.AsStandard(), request.pod);
  both.container = JudgeContainer(read.AsStandard(), NodeOf(read), request.pod, request.container);
  return both;
}

std::string Comparer::Explain(Case asked) {
  for (size_t i = asked.steps.size(); i-- > 0;) {
    Case shorter = asked;
    shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(i));
    if (!Compare(shorter).Agrees()) {
      asked = shorter;
    }
  }
  const Comparison both = Compare(asked);
  std::string text = CaseText(asked);
  text += base::StrCat("\nsandbox, agent: ", IdsText(both.agent_pod),
                       "\nsandbox, second: ", IdsText(ViolatedIn(both.pod)),
                       "\ncontainer, agent: ", IdsText(both.agent_container),
                       "\ncontainer, second: ", IdsText(ViolatedIn(both.container)));
  const Request harmless = MakeRequest({});
  const Request request = MakeRequest(asked.steps);
  return base::StrCat(text, "\nagainst a harmless request, the pod:\n",
                      DifferenceText(harmless.pod, request.pod), "the container:\n",
                      DifferenceText(harmless.container, request.container), "in whole, the pod:\n",
                      request.pod.DebugString(), "the container:\n",
                      request.container.DebugString());
}

}  // namespace sekisho::differential
