// Whether the kubelet works, and by which socket.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "install/systemd.h"

namespace sekisho::install {

// What the kubelet itself says: HTTP GET of its healthz endpoint.
enum class Healthz { kOk, kUnwell, kSilent };

class KubeletHealth {
 public:
  virtual ~KubeletHealth() = default;
  virtual Healthz AskHealthz() = 0;
  // Connections of the process to the socket (install/unix_peers.h).
  virtual absl::StatusOr<int> Connections(pid_t pid, const std::string& socket) = 0;
  // OK when CRI is served there: what it answered to Version, "containerd 1.7.24".
  virtual absl::StatusOr<std::string> AskVersion(const std::string& socket) = 0;
  // Calls that the agent behind the socket has answered so far; nothing when it does not say.
  virtual std::optional<uint64_t> AnsweredBy(const std::string& agent_socket) = 0;
  virtual void Sleep(std::chrono::milliseconds time) = 0;
  virtual std::chrono::steady_clock::time_point Now() = 0;
};

struct ExpectedKubelet {
  std::string unit;
  std::string socket;          // that it has to be connected to
  bool through_agent = false;  // then calls have to be answered by the agent, too
  bool healthz = false;        // it answered before, so it has to afterwards
};

// Waits until the unit runs, its process stays the same and connected to the socket for some
// seconds, healthz says ok if it is expected to, and calls arrive. The error says what was missing
// last when `timeout` is over.
absl::Status WaitForKubelet(const ExpectedKubelet& expected, std::chrono::seconds timeout,
                            Systemd& systemd, KubeletHealth& health);

// The real one. `healthz_url` as HealthzUrl() has it; "" when the kubelet serves none.
std::unique_ptr<KubeletHealth> MakeKubeletHealth(std::string healthz_url);

// Where this kubelet serves healthz: --healthz-port and --healthz-bind-address, or the keys
// healthzPort and healthzBindAddress of its configuration file, by default 127.0.0.1:10248. "" when
// the port is 0.
std::string HealthzUrl(const std::vector<std::string>& argv, const std::string& config_file,
                       const std::string& root);

}  // namespace sekisho::install
