// A program inside of the node, started from outside of it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace sekisho::testing {

class NodeProcess {
 public:
  // In all namespaces of the process `leader`. Standard output and error go to `output`, which is
  // not owned. Throws std::runtime_error; what cannot be run exits with 127.
  NodeProcess(pid_t leader, const std::vector<std::string>& argv, int output);
  ~NodeProcess();  // SIGKILL, and waits
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  pid_t pid() const { return pid_; }  // as this process sees it
  void Signal(int number) const;      // nothing once it was waited for
  // The exit code, or 128 + the signal that ended it; nothing if it still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);

 private:
  pid_t keeper_ = -1;  // entered the namespaces, and waits for the program
  base::UniqueFd keeper_fd_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace sekisho::testing
