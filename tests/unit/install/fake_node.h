// A node whose files are real and whose systemd, kubelet and agent are not: for the order of an
// installation's steps. tests/system has the real ones.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "install/install.h"
#include "install/kubelet_setup.h"
#include "install/plan.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::install {

inline constexpr char kRuntimeSocket[] = "/run/containerd/containerd.sock";
inline constexpr char kAgentListens[] = "/run/sekisho/sekisho.sock";

// Thrown where a test wants the process to have been killed.
struct Killed {};

class FakeNode final : public Systemd {
 public:
  FakeNode() {
    Write("/lib/systemd/system/kubelet.service",
          "[Service]\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
          "ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml "
          "$KUBELET_KUBEADM_ARGS\n");
    Write("/var/lib/kubelet/kubeadm-flags.env",
          "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/"
          "containerd.sock --v=2\"\n");
    Write("/var/lib/kubelet/config.yaml",
          "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
          "healthzPort: 10248\n");
    Write("/lib/systemd/system/sekisho.service", "[Service]\nExecStart=/usr/sbin/sekisho serve\n");
    Write("/lib/systemd/system/sekisho.socket", "[Socket]\n");
    Write("/etc/sekisho/policy.yaml",
          "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: baseline}\n");
    Write("/etc/sekisho/config.yaml",
          "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\npolicy:\n  file: " + root() +
              "/etc/sekisho/policy.yaml\n  dropInDirectory: " + root() + "/etc/sekisho/policy.d\n");
    RestartKubelet();
  }

  const std::string& root() const { return dir_.path(); }
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
    testing::WriteText(root() + path, text);
  }
  std::string Read(const std::string& path) const { return testing::ReadText(root() + path); }

  // Every file of the node but our own state, with its bytes and mode; folders with "".
  std::map<std::string, std::string> Files() const {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root())) {
      const std::string path = entry.path().string().substr(root().size());
      if (path.starts_with("/var/lib/sekisho")) {
        continue;
      }
      files[path] = entry.is_directory()
                        ? ""
                        : testing::ReadText(entry.path().string()) +
                              std::to_string(static_cast<int>(entry.status().permissions()));
    }
    return files;
  }

  // What the kubelet would do if it were started now, and whether that works.
  std::string EndpointOfFiles() {
    const absl::StatusOr<KubeletSetup> setup = ReadKubeletSetup(
        {.name = "kubelet.service", .files = FindUnitFiles("kubelet.service", root())}, root());
    return setup.ok() ? setup->runtime_endpoint : std::string(setup.status().message());
  }
  bool Works() { return Serves(EndpointOfFiles()) && Serves("unix://" + kubelet_socket_); }
  bool Serves(const std::string& endpoint) const {
    return SameEndpoint(endpoint, "unix://" + runtime_socket) ||
           (SameEndpoint(endpoint, "unix://" + agent_socket_) && agent_running);
  }

  NodeAccess Access() {
    return {.systemd = std::shared_ptr<Systemd>(this, [](Systemd*) {}),
            .health = [this](const std::string&) { return std::make_unique<Health>(*this); },
            .command_line = [this](pid_t) { return kubelet_argv_; },
            .say =
                [this](std::string_view line) {
                  said.emplace_back(line);
                  if (line.starts_with("==> ") && steps_until_killed-- == 0) {
                    throw Killed();
                  }
                },
            .root = root()};
  }

  // --- Systemd
  absl::StatusOr<UnitState> Show(const std::string& unit) override {
    UnitState state;
    state.files = FindUnitFiles(unit, root());
    state.loaded = !state.files.empty();
    bool active = false;
    if (unit == "kubelet.service") {
      active = kubelet_running;
      state.main_pid = active ? kubelet_pid_ : 0;
    } else if (unit == kAgentService || unit == kAgentSocketUnit) {
      active = agent_running;
      state.main_pid = active && unit == kAgentService ? 77 : 0;
      state.unit_file_state = agent_enabled ? "enabled" : "disabled";
      state.program = "/usr/sbin/sekisho";
    } else {
      state.loaded = active = timers.contains(unit);
    }
    state.active_state = active ? "active" : "inactive";
    state.sub_state = active ? "running" : "dead";
    return state;
  }
  absl::Status DaemonReload() override { return absl::OkStatus(); }
  absl::Status Start(const std::vector<std::string>& units) override {
    for (const std::string& unit : units) {
      if (unit == kAgentService) {
        if (Read("/etc/sekisho/policy.yaml").find("agent dies") != std::string::npos ||
            agent_cannot_start) {
          return absl::InternalError("job failed");
        }
        agent_running = true;
        agent_socket_ = ListenSocket();
      }
    }
    return absl::OkStatus();
  }
  absl::Status Restart(const std::string& unit) override {
    if (unit == "kubelet.service") {
      RestartKubelet();
      return absl::OkStatus();
    }
    agent_running = false;
    ++agent_restarts;
    return Start({unit});
  }
  absl::Status Stop(const std::vector<std::string>& units) override {
    for (const std::string& unit : units) {
      timers.erase(unit);
      if (unit == kAgentService) {
        agent_running = false;
      }
    }
    return absl::OkStatus();
  }
  absl::Status Enable(const std::vector<std::string>&) override {
    agent_enabled = true;
    return absl::OkStatus();
  }
  absl::Status Disable(const std::vector<std::string>&) override {
    agent_enabled = false;
    return absl::OkStatus();
  }
  absl::Status ArmTimer(const std::string& name, std::chrono::seconds,
                        const std::vector<std::string>& argv) override {
    timers[name + ".timer"] = argv;
    return absl::OkStatus();
  }
  absl::Status DisarmTimer(const std::string& name) override {
    timers.erase(name + ".timer");
    return absl::OkStatus();
  }
  std::string LogOf(const std::string&, int) override { return "last words of the agent\n"; }

  // --- knobs and what happened
  bool kubelet_running = true;
  bool agent_running = false;
  bool agent_enabled = false;
  bool agent_cannot_start = false;
  bool kubelet_minds_the_agent = false;  // it gives up when it is pointed at the agent
  bool runtime_silent = false;
  std::string runtime_socket = kRuntimeSocket;
  std::string runtime_text = "containerd 1.7.24";
  int steps_until_killed = -1;
  int agent_restarts = 0;
  int kubelet_restarts = -1;  // the one of the constructor does not count
  std::map<std::string, std::vector<std::string>> timers;
  std::vector<std::string> said;

  bool Said(const std::string& part) const {
    return std::any_of(said.begin(), said.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }
  const std::string& kubelet_socket() const { return kubelet_socket_; }

 private:
  class Health final : public KubeletHealth {
   public:
    explicit Health(FakeNode& node) : node_(node) {}
    Healthz AskHealthz() override { return Healthz::kOk; }
    absl::StatusOr<int> Connections(pid_t pid, const std::string& socket) override {
      return pid == node_.kubelet_pid_ && socket == node_.kubelet_socket_ ? 1 : 0;
    }
    absl::StatusOr<std::string> AskVersion(const std::string& socket) override {
      if (node_.runtime_silent || !node_.Serves("unix://" + socket)) {
        return absl::UnavailableError(socket + ": nobody answers");
      }
      return node_.runtime_text;
    }
    std::optional<uint64_t> AnsweredBy(const std::string& agent_socket) override {
      if (!node_.agent_running || agent_socket != node_.agent_socket_) {
        return std::nullopt;
      }
      return ++answered_;
    }
    void Sleep(std::chrono::milliseconds time) override { now_ += time; }
    std::chrono::steady_clock::time_point Now() override { return now_; }

   private:
    FakeNode& node_;
    uint64_t answered_ = 0;
    std::chrono::steady_clock::time_point now_;
  };

  std::string ListenSocket() const {
    return ReadAgentSockets(Read("/etc/sekisho/config.yaml"), "config.yaml")->listen;
  }
  void RestartKubelet() {
    ++kubelet_pid_;
    ++kubelet_restarts;
    kubelet_socket_ = SocketOf(EndpointOfFiles()).value_or("");
    if (const auto setup = ReadKubeletSetup(
            {.name = "kubelet.service", .files = FindUnitFiles("kubelet.service", root())}, root());
        setup.ok()) {
      kubelet_argv_ = setup->argv;
    }
    const bool to_agent = kubelet_socket_.starts_with("/run/sekisho/");
    kubelet_running = Serves("unix://" + kubelet_socket_) && !(to_agent && kubelet_minds_the_agent);
  }

  testing::TempDir dir_;
  pid_t kubelet_pid_ = 1000;
  std::string kubelet_socket_;
  std::vector<std::string> kubelet_argv_;
  std::string agent_socket_ = kAgentListens;
};

}  // namespace sekisho::install
