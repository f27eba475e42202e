// Pods of a real runtime that come and go through the agent, in a thread of their own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "support/node.h"

namespace sekisho::bench {

// What came of requests, from any thread.
struct Outcomes {
  std::atomic<int64_t> pods = 0;         // removed and replaced by another one
  std::atomic<int64_t> refused = 0;      // forbidden, and refused
  std::atomic<int64_t> let_through = 0;  // forbidden, and not refused
  std::atomic<int64_t> errors = 0;       // any other end that was not asked for

  // Of something that is forbidden.
  void CountRefusal(const absl::Status& status);
  void CountError(const absl::Status& status);
  std::string first_error() const;

 private:
  mutable std::mutex mu_;
  std::string first_error_;  // guarded by mu_
};

class PodChurn {
 public:
  // Runs this many pods of one container each before it returns.
  static absl::StatusOr<std::unique_ptr<PodChurn>> Start(testing::Node& node, int pods,
                                                         Outcomes& outcomes);
  ~PodChurn() { Stop(); }

  // From now on the oldest pod is replaced again and again, and between two of them what is
  // forbidden is tried.
  void Go();
  void Stop();

  // Once it has stopped. OK: every pod's container is as it was decided, and the runtime has these
  // pods and no others.
  absl::Status Verify() const;
  int64_t size() const { return static_cast<int64_t>(live_.size()); }

 private:
  PodChurn(testing::Node& node, Outcomes& outcomes) : node_(node), outcomes_(outcomes) {}

  absl::Status AddPod();
  absl::Status RemoveOldest();
  void TryForbidden();

  testing::Node& node_;
  Outcomes& outcomes_;
  struct Pod {
    testing::PodOptions options;
    std::string sandbox;
    std::string container;
  };
  std::deque<Pod> live_;  // the oldest first
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// Asks an agent for a forbidden pod, again and again.
class ForbiddenPods {
 public:
  ForbiddenPods(const std::string& socket, const std::string& kubelet_root, Outcomes& outcomes);
  ~ForbiddenPods();

 private:
  void Run(const std::string& socket, const std::string& kubelet_root);

  Outcomes& outcomes_;
  std::mutex mu_;
  std::condition_variable stopped_;
  bool stop_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace sekisho::bench
