// A policy file, by the way that the daemon loads it, and the same text as a drop-in.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "config/describe.h"
#include "config/policy_file.h"
#include "config/snapshot.h"
#include "fuzz/diagnostics.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::sys_seconds kLoadedAt{std::chrono::seconds(1'780'000'000)};

std::string BrokenDropIn(std::string_view bytes) {
  config::PolicyFile file;
  file.path = file.label = "10-input.yaml";
  std::vector<config::Diagnostic> errors;
  std::vector<config::Diagnostic> warnings;
  config::ParsePolicyFile(bytes, config::PolicyFileRole::kDropIn, &file, &errors, &warnings);
  return errors.empty() ? "" : BrokenDiagnostics(bytes, errors);
}

// Loaded again it is the same, and every pod and container has a spec.
std::string BrokenPolicy(const config::AgentConfig& agent, const config::Snapshot& snapshot) {
  const config::LoadResult<config::Snapshot> again = config::LoadPolicy(agent, kLoadedAt);
  if (!again.ok() || again.value.hash != snapshot.hash ||
      again.value.policy->defaults() != snapshot.policy->defaults() ||
      DescribePolicy(again.value) != DescribePolicy(snapshot)) {
    return "loaded again, it is another policy";
  }
  policy::PodIdentity pod;
  pod.namespace_ = "shop";
  pod.name = "web-0";
  if (snapshot.policy->ForSandbox(pod, kLoadedAt) == nullptr ||
      snapshot.policy->ForContainer(pod, "web", kLoadedAt) == nullptr) {
    return "a pod has no spec";
  }
  return {};
}

FuzzResult CheckPolicyYaml(std::string_view bytes) {
  if (std::string broken = BrokenDropIn(bytes); !broken.empty()) {
    return {.broken = std::move(broken)};
  }
  static MemoryFile file;
  file.Write(bytes);
  // Nothing of the machine is looked at: profiles that are named are missing.
  config::AgentConfig agent;
  agent.policy_file = file.path();
  agent.policy_dir = "/nonexistent/policy.d";
  agent.kubelet_root = "/nonexistent/kubelet";
  const config::LoadResult<config::Snapshot> loaded = config::LoadPolicy(agent, kLoadedAt);
  if (!loaded.ok()) {
    return {.broken = BrokenDiagnostics(bytes, loaded.errors)};
  }
  return {.accepted = true, .broken = BrokenPolicy(agent, loaded.value)};
}

const RegisterFuzzTarget kPolicyYaml("policy_yaml", CheckPolicyYaml);

}  // namespace
}  // namespace sekisho::testing
