// Programs outside of RunIsolated(), as on the node itself: in the machine's own pid and network
// namespaces, which some of the kernel's interfaces (audit) are tied to.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "base/unique_fd.h"
#include "support/child_process.h"

namespace sekisho::testing {

// The process that stays outside and starts programs on request. Make one before RunIsolated(), in
// its process; it ends, with everything that it started, when this object does or the program dies.
class Outside {
 public:
  Outside();
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  pid_t broker_ = -1;
};

// A program out there that never outlives this object. It sees the files of this process (its mount
// namespace, in a copy) but for /proc, which is that of the machine.
class OutsideProcess {
 public:
  // Throws std::runtime_error without an Outside. What cannot be run exits with 127, and with 126
  // where the namespaces cannot be entered. `listen_fd` and `environment` are not looked at.
  explicit OutsideProcess(const Command& command);
  ~OutsideProcess();  // SIGKILL, and waits
  OutsideProcess(const OutsideProcess&) = delete;
  OutsideProcess& operator=(const OutsideProcess&) = delete;

  void Signal(int number) const;
  // As ChildProcess has it.
  std::optional<int> Wait(std::chrono::milliseconds timeout);

 private:
  base::UniqueFd control_;
  std::optional<int> exit_code_;
};

}  // namespace sekisho::testing
