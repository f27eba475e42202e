#include "system/system_node.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/unique_fd.h"
#include "support/isolation.h"
#include "support/sekisho_process.h"
#include "support/text_file.h"
#include "system/cgroup.h"
#include "system/node_process.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBoot{60};

// What runs in the node besides what is in the tree.
constexpr std::pair<const char*, const char*> kPrograms[] = {
    {SEKISHO_STAND_IN_KUBELET, "/usr/bin/kubelet"},
    {SEKISHO_LOAD_CLIENT, "/usr/bin/load_client"},
    {SEKISHO_POD_CLIENT, "/usr/bin/pod_client"},
};

// The number that a process has in the pid namespace below ours, if it is in that one.
std::string PidBelow(const std::string& pid) {
  std::istringstream status(ReadText("/proc/" + pid + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("NSpid:")) {
      std::istringstream fields(line.substr(6));
      std::string ours;
      std::string below;
      std::string further;
      fields >> ours >> below >> further;
      return further.empty() ? below : "";
    }
  }
  return "";
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string MissingForSystemNode() {
  if (::geteuid() != 0) {
    return "a node needs root";
  }
  if (!IsolationProblem().empty()) {
    return IsolationProblem();
  }
  if (::access("/usr/bin/systemd-nspawn", X_OK) != 0) {
    return "no systemd-nspawn (package systemd-container)";
  }
  if (!fs::exists(std::string(SEKISHO_SYSTEM_TREE) + ".made-of")) {
    return "no tree of a node: tests/system/make_tree.sh makes it";
  }
  static const std::string cgroup = EnterOwnCgroup();
  return cgroup;
}

SystemNode::SystemNode() : root_(dir_.File("node")) {
  for (const char* name : {"node", "changes", "work"}) {
    fs::create_directory(dir_.File(name));
  }
  const std::string options = std::string("lowerdir=") + SEKISHO_SYSTEM_TREE +
                              ",upperdir=" + dir_.File("changes") + ",workdir=" + dir_.File("work");
  if (::mount("overlay", root_.c_str(), "overlay", 0, options.c_str()) != 0) {
    throw std::runtime_error(std::string("no overlay: ") + std::strerror(errno));
  }
}

SystemNode::~SystemNode() {
  // With its first process the kernel ends everything in the node, and systemd-nspawn sees it end.
  if (leader_ > 0) {
    (void)::kill(leader_, SIGKILL);
    (void)nspawn_->Wait(std::chrono::seconds(10));
  }
  nspawn_.reset();
  (void)::umount2(dir_.File("node").c_str(), MNT_DETACH);
  LeaveOwnCgroupEmpty();
}

void SystemNode::Write(const std::string& path, const std::string& text, mode_t mode) const {
  fs::create_directories(fs::path(Outside(path)).parent_path());
  WriteText(Outside(path), text);
  (void)::chmod(Outside(path).c_str(), mode);
}

std::string SystemNode::Read(const std::string& path) const {
  return ReadText(Outside(path));
}

bool SystemNode::Exists(const std::string& path) const {
  return fs::exists(fs::symlink_status(Outside(path)));
}

void SystemNode::CopyIn(const std::string& from, const std::string& path, mode_t mode) const {
  fs::create_directories(fs::path(Outside(path)).parent_path());
  fs::copy_file(from, Outside(path), fs::copy_options::overwrite_existing);
  (void)::chmod(Outside(path).c_str(), mode);
}

std::string SystemNode::Boot() {
  StartNspawn();
  return WaitUntilRunning();
}

void SystemNode::StartNspawn() {
  std::vector<std::string> argv = {
      "systemd-nspawn", "--directory=" + dir_.File("node"), "--boot", "--quiet", "--register=no",
      "--keep-unit", "--private-network", "--console=pipe", "--capability=all",
      // For runc and for systemd's own filters of devices.
      "--system-call-filter=@keyring bpf @privileged @raw-io landlock_create_ruleset "
      "landlock_add_rule landlock_restrict_self",
      // An overlay on an overlay cannot be, and containerd makes overlays there.
      "--tmpfs=/var/lib/containerd:mode=0711"};
  for (const auto& [program, path] : kPrograms) {
    argv.push_back(std::string("--bind-ro=") + program + ":" + path);
  }
  nspawn_ = std::make_unique<ChildProcess>(
      Command{.argv = std::move(argv), .output_file = dir_.File("nspawn.log")});
}

std::string SystemNode::WaitUntilRunning() {
  const auto ended = [this] { return nspawn_->Wait(std::chrono::milliseconds(0)).has_value(); };
  if (!Eventually([&] { return FindLeader() || ended(); }, kBoot) || leader_ < 0) {
    return "systemd-nspawn: " + ReadText(dir_.File("nspawn.log"));
  }
  root_ = "/proc/" + std::to_string(leader_) + "/root";
  std::string state;
  const bool settled = Eventually(
      [&] {
        state = Run({"systemctl", "is-system-running", "--wait"}).output;
        return state.starts_with("running") || state.starts_with("degraded") || ended();
      },
      kBoot);
  return settled && state.starts_with("running")
             ? ""
             : "the node is " + state + Run({"systemctl", "--failed"}).output + Journal();
}

std::string SystemNode::Reboot() {
  (void)Run({"systemctl", "reboot"});
  // With --keep-unit it leaves the second boot to who started it.
  if (!nspawn_->Wait(kBoot).has_value()) {
    return "the node does not go down: " + Journal();
  }
  StartNspawn();
  return WaitUntilRunning();
}

bool SystemNode::FindLeader() {
  leader_ = PidOutside(1);
  return leader_ > 0;
}

pid_t SystemNode::PidOutside(pid_t inside) const {
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (IsNumber(pid) && PidBelow(pid) == std::to_string(inside)) {
      return std::stoi(pid);
    }
  }
  return -1;
}

Finished SystemNode::Run(const std::vector<std::string>& argv) const {
  const TempDir dir;
  const std::string file = dir.File("output");
  const base::UniqueFd output(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  NodeProcess process(leader_, argv, output.get());
  Finished finished;
  finished.exit_code = process.Wait(std::chrono::seconds(60)).value_or(-1);
  finished.output = ReadText(file);
  return finished;
}

std::string SystemNode::Journal() const {
  return Run({"journalctl", "--no-pager", "--output=short-precise", "--lines=150"}).output;
}

}  // namespace sekisho::testing
