// Callers that never rest: what a node's kubelets would ask for at their worst.
#pragma once

#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sekisho::testing {

struct LoadCounts {
  uint64_t made = 0;
  uint64_t answered = 0;  // with OK and the runtime's own answer, where the policy allows it
  uint64_t refused = 0;   // with PERMISSION_DENIED, where the policy forbids it
  uint64_t lost = 0;      // any other error
  // Forbidden and answered with OK, allowed and refused by the policy, or OK with an answer that
  // the runtime did not give.
  uint64_t wrong = 0;
  std::string first_wrong;
  std::map<grpc::StatusCode, uint64_t> lost_by_code;
  std::vector<std::chrono::microseconds> latencies;  // of what was answered or refused
};

// The time that this part (0.99) of the latencies does not exceed.
std::chrono::microseconds QuantileOf(std::vector<std::chrono::microseconds> latencies, double part);

// One request, what has to become of it under kFaultPolicy, and what the runtime answers.
struct LoadRequest {
  std::string method;
  std::string bytes = {};
  bool forbidden = false;
  std::string answer = {};
};
// All that a caller mixes: pods and containers that are allowed, to be hardened and forbidden, and
// reads. The first one makes the sandbox that the others name. Callers differ in their pods.
std::vector<LoadRequest> LoadRequests(int caller);

// Each caller has a connection of its own, one call at a time, and waits for a connection where
// there is none, as a kubelet does.
class Load {
 public:
  using Clock = std::chrono::steady_clock;

  Load(const std::string& socket, int callers);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Whether `count` more calls were answered or refused, from now on and in half a minute.
  bool WaitForMore(uint64_t count) const;
  // When the first call ended well of those that were begun at `since` or later. Nothing when half
  // a minute brought none. One such question at a time: Watch() at its beginning.
  void Watch(Clock::time_point since);
  std::optional<Clock::time_point> FirstAnswer() const;

  // Ends the callers. What all of them saw.
  LoadCounts Stop();

 private:
  void Run(const std::string& socket, int caller, LoadCounts& counts);

  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> ended_well_ = 0;
  std::atomic<Clock::rep> watch_since_ = 0;
  std::atomic<Clock::rep> first_answer_ = 0;  // 0: none yet
  std::vector<LoadCounts> counts_;            // one a caller; its thread's until that is joined
  std::vector<std::thread> threads_;
};

}  // namespace sekisho::testing
