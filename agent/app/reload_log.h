// How the policy in force came there, for those who ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/snapshot.h"

namespace sekisho::app {

// Thread-safe.
class ReloadLog {
 public:
  using Time = std::chrono::system_clock::time_point;
  struct Entry {
    Time loaded;                           // when the policy in force was read
    Time last_reload;                      // 1970: there was none
    std::vector<std::string> last_errors;  // of the last reload; empty when it went well
    uint64_t reloads_ok = 0;
    uint64_t reloads_failed = 0;
    config::NodeIdentity node;  // by which the policy in force was chosen
  };

  Entry Get() const {
    const std::lock_guard lock(mu_);
    return entry_;
  }
  void Loaded(config::NodeIdentity node) {
    const std::lock_guard lock(mu_);
    entry_.loaded = std::chrono::system_clock::now();
    entry_.node = std::move(node);
  }
  // `errors`: why the reload was refused; none when it was not.
  void Reloaded(std::vector<std::string> errors) {
    const std::lock_guard lock(mu_);
    entry_.last_reload = std::chrono::system_clock::now();
    (errors.empty() ? entry_.reloads_ok : entry_.reloads_failed) += 1;
    entry_.last_errors = std::move(errors);
  }

 private:
  mutable std::mutex mu_;
  Entry entry_;  // guarded by mu_
};

}  // namespace sekisho::app
