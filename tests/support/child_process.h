// A program that a test starts and that never outlives it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace sekisho::testing {

struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to our own
  std::string output_file = {};  // stdout and stderr are appended to it; empty: ours
  int listen_fd = -1;            // given to the child as descriptor 3, the systemd way (LISTEN_FDS)
};

class ChildProcess {
 public:
  // Throws std::runtime_error when it cannot fork. A program that cannot be run exits with 127. The
  // child dies with the thread that made it, so make it on a thread that lives as long.
  explicit ChildProcess(const Command& command);
  ~ChildProcess();  // SIGKILL, and waits
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Does nothing once the child was waited for.
  void Signal(int number) const;
  // The exit code, or 128 + the signal that ended it; nothing if it still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);

 private:
  pid_t pid_ = -1;
  base::UniqueFd pidfd_;
  std::optional<int> exit_code_;
};

// Runs a program to its end (a minute at most). Its exit code, and what it printed.
struct Finished {
  int exit_code = -1;
  std::string output;
};
Finished RunToEnd(const std::vector<std::string>& argv);

}  // namespace sekisho::testing
