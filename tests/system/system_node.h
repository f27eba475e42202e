// A node as it is outside of a test: systemd as the first process, containerd, a kubelet's place.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.h"
#include "support/temp_dir.h"

namespace sekisho::testing {

// What this machine lacks to boot a node; "" when nothing is missing. Only inside RunIsolated().
std::string MissingForSystemNode();

// Only inside RunIsolated() and EnterOwnCgroup(). The file system is the one that make_tree.sh
// made, and what the node changes of it lies in memory and goes with the test.
class SystemNode {
 public:
  SystemNode();
  ~SystemNode();
  SystemNode(const SystemNode&) = delete;
  SystemNode& operator=(const SystemNode&) = delete;

  // Of the node that has not booted yet, or has.
  void Write(const std::string& path, const std::string& text, mode_t mode = 0644) const;
  std::string Read(const std::string& path) const;  // "" when there is no such file
  bool Exists(const std::string& path) const;
  void CopyIn(const std::string& from, const std::string& path, mode_t mode = 0755) const;
  // Where a path of the node is for this process. A symbolic link in it leads astray.
  std::string Outside(const std::string& path) const { return root_ + path; }

  // Boots, and waits until everything that starts by itself has started. "" or what went wrong.
  std::string Boot();
  // systemctl reboot, and waits as Boot() does.
  std::string Reboot();

  // Runs a program to its end (a minute at most): its exit code, and what it printed.
  Finished Run(const std::vector<std::string>& argv) const;
  Finished Shell(const std::string& script) const { return Run({"/bin/sh", "-c", script}); }
  // The first process of the node.
  pid_t leader() const { return leader_; }
  // The number that a process of the node has here; -1 when there is none.
  pid_t PidOutside(pid_t inside) const;
  // The last lines of the journal, for a test that failed.
  std::string Journal() const;

 private:
  void StartNspawn();
  bool FindLeader();
  std::string WaitUntilRunning();

  TempDir dir_;
  std::string root_;  // the node's
  std::unique_ptr<ChildProcess> nspawn_;
  pid_t leader_ = -1;
};

}  // namespace sekisho::testing
