// One node a test, with a kubelet's stand-in, and what a person would look at there.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "system/node_process.h"
#include "system/system_node.h"

namespace sekisho::testing {

inline constexpr char kAgentEndpoint[] = "unix:///run/sekisho/sekisho.sock";
inline constexpr char kRuntimeEndpoint[] = "unix:///run/containerd/containerd.sock";
inline constexpr char kKubeletConfig[] = "/var/lib/kubelet/config.yaml";
inline constexpr char kPolicyFile[] = "/etc/sekisho/policy.yaml";

// load_client, inside of the node.
class SteadyLoad {
 public:
  // Starts it, and waits until its calls are answered.
  SteadyLoad(const SystemNode& node, const std::string& endpoint, int calls_per_second);
  // Its totals, once all of its calls have ended.
  nlohmann::json Stop();

 private:
  TempDir dir_;
  base::UniqueFd output_;
  NodeProcess process_;
};

class SystemTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // kubelet.service, as most nodes have it: its endpoint is in the file of --config.
  void WriteKubelet(const std::string& endpoint);
  // Boots with the kubelet before containerd, and waits until it has run a pod.
  void BootWithKubelet();
  // dpkg -i, and the units enabled and started.
  void InstallPackage();
  void StartAgent();
  // By hand: its KubeletConfiguration names the agent's socket, and it is started again.
  void PointKubeletAtAgent();

  // stats.json of the kubelet that runs now; null when it did not write any.
  nlohmann::json KubeletStats() const;
  // Waits until the kubelet, at this endpoint, has run `pods` more pods from their start to their
  // end, and says that it is healthy.
  void ExpectKubeletWell(const std::string& endpoint, int pods = 1);
  std::string Healthz() const;
  // Runs a program that must succeed. What it printed.
  std::string Must(const std::vector<std::string>& argv);
  std::string UnitProperty(const std::string& unit, const std::string& property) const;
  pid_t MainPid(const std::string& unit) const;  // as the node sees it
  // pod_client's answer.
  nlohmann::json RunPod(const std::string& namespace_, const std::string& name,
                        const std::vector<std::string>& options = {});
  // The whole lines of the agent's audit log.
  std::vector<nlohmann::json> AuditRecords() const;

  std::unique_ptr<SystemNode> node_;

 private:
  nlohmann::json StatsFile() const;  // of whichever kubelet wrote it last
};

}  // namespace sekisho::testing
