// The agent put in front of a node's kubelet, and taken away again.
//
// What makes it safe to do on a node that works:
//  * the agent runs, and has answered for the runtime, before anything of the kubelet is touched;
//  * what every file was is on disk before the first is changed (install/saved_state.h);
//  * between two steps the kubelet's endpoint is either the runtime's own or an agent that serves;
//  * a kubelet that does not get well through the agent gets its old files back, by this process
//    or, when it is killed, by a timer of systemd that it leaves behind (the guard).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "install/file_tree.h"
#include "install/kubelet_health.h"
#include "install/systemd.h"

namespace sekisho::install {

// Exit codes of the subcommands.
enum ExitCode {
  kDone = 0,        // also: there was nothing to do
  kRolledBack = 1,  // it failed, and everything is as it was
  kRefused = 2,     // nothing was changed
  kBroken = 3,      // it failed, and not everything could be put back: see what was printed
};

struct InstallOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string kubelet_unit = "kubelet.service";
  // How long the kubelet may take to get well. The kubelet itself takes a runtime for down, and its
  // node for not ready, after 30 s.
  std::chrono::seconds timeout{20};
  std::vector<FileTree> files;
  bool enter_host = false;
  bool dry_run = false;
};

struct UninstallOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string kubelet_unit;  // "": the one that was installed for, or kubelet.service
  std::chrono::seconds timeout{20};
  bool enter_host = false;
  bool dry_run = false;
  // Only: does anything point at the agent? 0 no, 1 yes, 2 it cannot be told.
  bool check = false;
  bool unfinished = false;  // only: undo a run that was not finished (the guard)
};

// What a run works with. Real ones: RealNode().
struct NodeAccess {
  std::shared_ptr<Systemd> systemd;
  // Made once the kubelet's settings are known, for its healthz address.
  std::function<std::unique_ptr<KubeletHealth>(const std::string& healthz_url)> health;
  // The argv of a running process.
  std::function<std::vector<std::string>(pid_t pid)> command_line;
  std::function<void(std::string_view line)> say;  // one line for people
  std::string root;                                // "" on a node; a folder in tests
};
NodeAccess RealNode(std::function<void(std::string_view line)> say);

int Install(const InstallOptions& options, const NodeAccess& node);
int Uninstall(const UninstallOptions& options, const NodeAccess& node);

}  // namespace sekisho::install
