// The built `sekisho serve` as a process, with a service manager's end of sd_notify(3).
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/child_process.h"
#include "support/text_file.h"

namespace sekisho::testing {

struct SekishoOptions {
  // Holds the socket, the configuration, the policy and the logs. Not owned.
  std::string dir;
  std::string upstream_socket;
  // The whole policy file.
  std::string policy;
  // The kubelet's --root-dir; seccomp profiles lie in "seccomp" below it.
  std::string kubelet_root = "/var/lib/kubelet";
  std::string audit_path = {};  // default: audit.jsonl in `dir`
  // Added to config.yaml.
  std::string more_config = {};
  std::vector<std::string> arguments = {};
  std::vector<std::string> run_under = {};  // a program, and its arguments, that runs the agent
  std::vector<std::pair<std::string, std::string>> environment = {};
  int listen_fd = -1;  // a listening socket for the agent to adopt
};

class SekishoProcess {
 public:
  explicit SekishoProcess(SekishoOptions options);
  ~SekishoProcess();

  // Starts the program and waits for READY=1. False when it ended instead, or took half a minute.
  bool Start();
  void WritePolicy(const std::string& policy) const;
  // SIGHUP; waits for RELOADING=1 and the READY=1 after it. The status line that came with it.
  std::string Reload();
  // The next message from the agent that holds `text`; "" when half a minute brings none.
  std::string WaitForNotification(const std::string& text);

  void Signal(int number) { child_->Signal(number); }
  void Kill9();
  // SIGTERM. The exit code; -1 when it did not end within a minute.
  int Terminate();
  std::optional<int> Wait(std::chrono::milliseconds timeout) { return child_->Wait(timeout); }
  pid_t pid() const { return child_->pid(); }

  const SekishoOptions& options() const { return options_; }
  std::string socket() const { return options_.dir + "/sekisho.sock"; }
  std::string audit_path() const { return options_.audit_path; }
  std::string Log() const;  // everything the program printed
  // The whole lines of the audit log, once there are at least `count`, or after ten seconds.
  std::vector<std::string> AuditLines(size_t count) const;

 private:
  // The oldest that was not asked for yet; "" when `timeout` brings none.
  std::string ReceiveNotification(std::chrono::milliseconds timeout);
  void ReadNotifications();

  SekishoOptions options_;
  base::UniqueFd notify_;
  base::UniqueFd stop_reading_;  // an eventfd
  std::mutex mu_;
  std::condition_variable arrived_;
  std::deque<std::string> notifications_;  // guarded by mu_
  // As a service manager does, it reads whatever it is told: the agent waits where nobody does.
  std::thread reader_;
  std::unique_ptr<ChildProcess> child_;
};

// Asks `done` again and again, for `timeout` at most. Its last answer.
bool Eventually(const std::function<bool()>& done,
                std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace sekisho::testing
