// What a stand-in kubelet has lived through, for its test to read.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "system/kubelet_settings.h"

namespace sekisho::testing {

class KubeletStats {
 public:
  // Writes `path` anew, as a whole, whenever something was counted.
  KubeletStats(std::string path, KubeletSettings settings);

  // Every call counts once, with the code that it ended with. Thread-safe.
  void Count(const std::string& method, const absl::Status& status);
  // A pod ran from its sandbox to its end.
  void CountPod();
  // The last Status was answered within half a minute.
  bool Healthy() const;

 private:
  void Write();  // with mutex_ held

  const std::string path_;
  const KubeletSettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, int>> calls_;  // by method and code
  int failures_ = 0;
  int pods_ = 0;
  std::string last_error_;
  std::chrono::steady_clock::time_point answered_;
};

}  // namespace sekisho::testing
