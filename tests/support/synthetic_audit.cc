#include "support/synthetic_audit.h"

#include <chrono>
#include <cmath>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include "audit/record.h"
#include "base/str_cat.h"
#include "config/snapshot.h"
#include "enforce/decide.h"
#include "policy/evaluate.h"
#include "support/synthetic_cluster.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::sys_seconds kEnd =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 21);
constexpr double kDay = 86400e6;  // microseconds

config::Snapshot Load(const std::string& policy_text) {
  const TempDir folder;
  WriteText(folder.File("policy.yaml"), policy_text);
  config::AgentConfig agent;
  agent.policy_file = folder.File("policy.yaml");
  agent.policy_dir = folder.File("policy.d");
  agent.kubeconfig = "asked";  // the labels are known
  config::LoadResult<config::Snapshot> loaded = config::LoadPolicy(agent, kEnd);
  if (!loaded.ok()) {
    throw std::runtime_error(loaded.errors.front().ToString());
  }
  return std::move(loaded.value);
}

// Decides and describes what happens on one node, request by request.
class Day {
 public:
  explicit Day(uint64_t seed) : dice_(seed), snapshot_(Load(SyntheticPolicy())) {
    policy::NamespaceTable::Map table;
    for (const Workload& workload : SyntheticWorkloads()) {
      total_weight_ += workload.weight;
      if (auto labels = SyntheticLabels(workload.namespace_)) {
        table.emplace(workload.namespace_,
                      std::make_shared<const policy::PodSecurityLabels>(*std::move(labels)));
      }
    }
    namespaces_ = {.table = std::make_shared<const policy::NamespaceTable>(std::move(table)),
                   .synced = true,
                   .age = std::chrono::seconds(3)};
  }

  audit::Record Next(std::chrono::system_clock::time_point time) {
    while (records_.empty()) {
      MakePod(AnyWorkload());
    }
    audit::Record record = std::move(records_.front());
    records_.pop_front();
    record.time = time;
    record.duration = microseconds(40 + dice_.Below(300));
    return record;
  }

 private:
  const Workload& AnyWorkload() {
    uint64_t left = dice_.Below(total_weight_);
    for (const Workload& workload : SyntheticWorkloads()) {
      if (left < workload.weight) {
        return workload;
      }
      left -= workload.weight;
    }
    return SyntheticWorkloads().front();
  }

  void MakePod(const Workload& workload) {
    const policy::SandboxFacts sandbox = SyntheticSandbox(workload, dice_);
    Sandbox(sandbox);
    if (records_.back().decision.action == policy::Action::kDeny) {
      return;  // there is no container without it
    }
    const std::string id = dice_.Text(64, "0123456789abcdef");
    for (const std::string& name : workload.containers) {
      Container(workload, name, sandbox, id);
    }
  }

  audit::Record RecordOf(std::string method, const policy::SandboxFacts& sandbox,
                         const policy::Spec& spec) {
    audit::Record record;
    record.method = std::move(method);
    record.pod = sandbox.pod;
    record.enforced = spec.EnforcedText();
    record.rule = spec.origin;
    record.level_source = policy::LevelSourceName(spec.level_source);
    record.exemption = spec.exemption_reason.value_or("");
    record.policy_hash = snapshot_.hash;
    return record;
  }

  std::shared_ptr<audit::DecidedFacts> FactsOf(const policy::SandboxFacts& sandbox) const {
    auto facts = std::make_shared<audit::DecidedFacts>();
    facts->sandbox = sandbox;
    if (const policy::PodSecurityLabels* labels = namespaces_.table->Find(sandbox.pod.namespace_)) {
      facts->labels = *labels;
    }
    return facts;
  }

  void Sandbox(const policy::SandboxFacts& sandbox) {
    const policy::SpecPtr spec = snapshot_.policy->ForSandbox(sandbox.pod, kEnd, namespaces_);
    audit::Record record = RecordOf("RunPodSandbox", sandbox, *spec);
    record.decision = policy::EvaluateSandbox(*spec, sandbox);
    record.facts = FactsOf(sandbox);
    records_.push_back(std::move(record));
  }

  void Container(const Workload& workload, const std::string& name,
                 const policy::SandboxFacts& sandbox, const std::string& sandbox_id) {
    const policy::SpecPtr spec =
        snapshot_.policy->ForContainer(sandbox.pod, name, kEnd, namespaces_);
    audit::Record record = RecordOf("CreateContainer", sandbox, *spec);
    record.sandbox_id = sandbox_id;
    record.container = name;
    if (dice_.Below(400) == 0) {
      record.enforced.clear();
      record.rule.clear();
      record.level_source = {};
      record.error_id = "identity-mismatch";
      record.error =
          "the request does not describe the sandbox that it names; it differs in "
          "sandbox_config.metadata.uid";
      records_.push_back(std::move(record));
      return;
    }
    const auto facts = FactsOf(sandbox);
    facts->container = SyntheticContainer(workload, name, sandbox);
    record.image = facts->container->user_specified_image;
    record.decision = DecideOn(*spec, *facts);
    record.facts = facts;
    records_.push_back(std::move(record));
  }

  policy::Decision DecideOn(const policy::Spec& spec, audit::DecidedFacts& facts) const {
    policy::Decision of_sandbox =
        enforce::DecideSandboxAgain(*snapshot_.policy, spec, facts.sandbox, kEnd, namespaces_);
    if (of_sandbox.action == policy::Action::kDeny) {
      return of_sandbox;
    }
    const std::vector<seccomp::ProfileFacts> on_node = std::exchange(facts.container->profiles, {});
    const auto look = [&on_node](const std::string& path, const seccomp::Demands& /*demands*/,
                                 caps::CapSet /*capabilities*/) {
      return std::optional(on_node.empty() ? seccomp::ProfileFacts{.path = path} : on_node.front());
    };
    return enforce::DecideContainer(spec, facts, std::move(of_sandbox), look, false).decision;
  }

  Dice dice_;
  const config::Snapshot snapshot_;
  policy::NamespaceView namespaces_;
  uint64_t total_weight_ = 0;
  std::deque<audit::Record> records_;
};

// More by day than by night.
microseconds TimeOfDay(uint64_t number, uint64_t of) {
  constexpr double kTurn = 6.283185307179586;
  const double part = (static_cast<double>(number) + 0.5) / static_cast<double>(of);
  return microseconds(static_cast<int64_t>(kDay * (part + 0.1 * std::sin(kTurn * part))));
}

}  // namespace

std::string SyntheticPolicy() {
  return R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted, warn: restricted}
harden:
  seccomp: {unconfined: RuntimeDefault}
  capabilities: {drop: [NET_RAW]}
namespaceLabels: floor
rules:
- match: {namespaces: [payments]}
  enforce: restricted
- match: {namespaces: [monitoring]}
  enforce: privileged
- match: {namespaces: [ci], containers: [dind]}
  enforce: privileged
- match: {namespaces: [dev]}
  onViolation: {capabilities: harden}
exemptions:
- match: {namespaces: [kube-system]}
  reason: the control plane
)";
}

void WriteSyntheticAudit(const std::string& path, uint64_t decisions, uint64_t seed) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  Day day(seed);
  for (uint64_t i = 0; i < decisions; ++i) {
    const auto time = kEnd - std::chrono::hours(24) + TimeOfDay(i, decisions);
    file << audit::ToJsonLine(day.Next(time)) << '\n';
  }
  if (!file.flush()) {
    throw std::runtime_error(base::StrCat("cannot write ", path));
  }
}

}  // namespace sekisho::testing
