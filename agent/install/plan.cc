#include "install/plan.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "config/snapshot.h"
#include "install/yaml_edit.h"
#include "install/yaml_lookup.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr const char* kUnitFolder = "/etc/systemd/system/";
// Sorts behind the drop-ins of kubeadm and of packages.
constexpr const char* kKubeletDropInName = "99-sekisho.conf";

std::string DropInOf(const std::string& unit, const char* name) {
  return StrCat(kUnitFolder, unit, ".d/", name);
}

// Makes the plan, one part of the node after the other.
class Planner {
 public:
  Planner(const InstallOptions& options, const std::vector<BroughtFile>& brought,
          const StateStore& store, const SavedState& saved, const NodeAccess& node)
      : options_(options), brought_(brought), store_(store), saved_(saved), node_(node) {}

  absl::StatusOr<Plan> Make() {
    SEKISHO_RETURN_IF_ERROR(LookAtKubelet());
    SEKISHO_RETURN_IF_ERROR(LookAtAgent());
    SEKISHO_RETURN_IF_ERROR(LookAtRuntime());
    SEKISHO_RETURN_IF_ERROR(CompareWithRunning());
    SEKISHO_RETURN_IF_ERROR(AddBrought());
    SEKISHO_RETURN_IF_ERROR(AddNoLongerBrought());
    SEKISHO_RETURN_IF_ERROR(AddConfig());
    SEKISHO_RETURN_IF_ERROR(AddSocketDropIn());
    SEKISHO_RETURN_IF_ERROR(AddKubelet());
    return std::move(plan_);
  }

 private:
  absl::Status LookAtKubelet();
  absl::Status LookAtAgent();
  absl::Status LookAtRuntime();
  absl::Status CompareWithRunning();
  absl::Status AddBrought();
  absl::Status AddNoLongerBrought();
  absl::Status AddConfig();
  absl::Status AddSocketDropIn();
  absl::Status AddKubelet();

  bool Brings(const std::string& path) const {
    return std::any_of(brought_.begin(), brought_.end(),
                       [&](const BroughtFile& file) { return file.path == path; });
  }
  // As it will be: what is brought, otherwise what is there.
  absl::StatusOr<std::optional<std::string>> TextOf(const std::string& path) const;
  absl::Status AddAgentChange(const std::string& path, std::optional<std::string> after,
                              mode_t mode, const std::string& why, bool brought = false);

  const InstallOptions& options_;
  const std::vector<BroughtFile>& brought_;
  const StateStore& store_;
  const SavedState& saved_;
  const NodeAccess& node_;
  AgentSockets sockets_;
  std::unique_ptr<KubeletHealth> health_;
  Plan plan_;
};

absl::Status Planner::LookAtKubelet() {
  SEKISHO_ASSIGN_OR_RETURN(plan_.kubelet, node_.systemd->Show(options_.kubelet_unit));
  if (!plan_.kubelet.loaded) {
    return absl::FailedPreconditionError(
        StrCat("systemd has no ", options_.kubelet_unit,
               "; name the kubelet's unit with --kubelet-unit (a kubelet that is part of another "
               "program, as in k3s, has to be pointed by hand)"));
  }
  if (!plan_.kubelet.IsRunning()) {
    return absl::FailedPreconditionError(
        StrCat(options_.kubelet_unit, " is ", plan_.kubelet.active_state, " (",
               plan_.kubelet.sub_state, "); install on a node whose kubelet works"));
  }
  SEKISHO_ASSIGN_OR_RETURN(
      plan_.setup,
      ReadKubeletSetup({.name = options_.kubelet_unit, .files = plan_.kubelet.files}, node_.root));
  plan_.healthz_url = HealthzUrl(plan_.setup.argv, plan_.setup.config_file, node_.root);
  health_ = node_.health(plan_.healthz_url);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Planner::TextOf(const std::string& path) const {
  for (const BroughtFile& file : brought_) {
    if (file.path == path) {
      return std::optional(file.bytes);
    }
  }
  return ReadIfThere(StrCat(node_.root, path));
}

absl::Status Planner::LookAtAgent() {
  SEKISHO_ASSIGN_OR_RETURN(plan_.agent, node_.systemd->Show(kAgentService));
  const auto brings_unit = [&](const char* unit) {
    return std::any_of(brought_.begin(), brought_.end(), [&](const BroughtFile& file) {
      return std::filesystem::path(file.path).filename() == unit;
    });
  };
  if (!plan_.agent.loaded && !brings_unit(kAgentService)) {
    return absl::FailedPreconditionError(
        StrCat("systemd has no ", kAgentService,
               "; install the package first, or bring the files with --files"));
  }
  SEKISHO_ASSIGN_OR_RETURN(const UnitState socket, node_.systemd->Show(kAgentSocketUnit));
  plan_.has_socket_unit = socket.loaded || brings_unit(kAgentSocketUnit);
  SEKISHO_ASSIGN_OR_RETURN(const std::optional<std::string> text, TextOf(options_.config_file));
  if (!text.has_value()) {
    return absl::NotFoundError(StrCat(options_.config_file,
                                      ": there is no such file; the agent has "
                                      "no configuration on this node"));
  }
  SEKISHO_ASSIGN_OR_RETURN(sockets_, ReadAgentSockets(*text, options_.config_file));
  if (node_.root.empty() && !Brings(options_.config_file)) {
    // The daemon's own way of reading. What is brought is read like this when it is in place.
    const config::LoadResult<config::AgentConfig> loaded =
        config::LoadAgentConfig(options_.config_file);
    if (!loaded.ok()) {
      return absl::FailedPreconditionError(loaded.errors.front().ToString());
    }
  }
  return absl::OkStatus();
}

absl::Status Planner::LookAtRuntime() {
  const std::string& in_force = plan_.setup.runtime_endpoint;
  plan_.agent_socket = sockets_.listen;
  const auto is_agent = [&](const std::string& endpoint) {
    return SameEndpoint(endpoint, StrCat("unix://", sockets_.listen)) ||
           SameEndpoint(endpoint, StrCat("unix://", kCrioListenSocket)) ||
           (!saved_.agent_endpoint.empty() && SameEndpoint(endpoint, saved_.agent_endpoint));
  };
  plan_.kubelet_is_pointed = is_agent(in_force);
  if (!plan_.kubelet_is_pointed) {
    plan_.runtime_endpoint = in_force;
  } else {
    plan_.runtime_endpoint = saved_.runtime_endpoint.empty() ? StrCat("unix://", sockets_.upstream)
                                                             : saved_.runtime_endpoint;
  }
  const std::optional<std::string> socket = SocketOf(plan_.runtime_endpoint);
  if (!socket.has_value()) {
    return absl::FailedPreconditionError(StrCat("the kubelet's runtime endpoint is ",
                                                plan_.runtime_endpoint,
                                                "; the agent speaks to unix sockets only"));
  }
  plan_.runtime_socket = *socket;
  SEKISHO_ASSIGN_OR_RETURN(plan_.runtime_text, health_->AskVersion(plan_.runtime_socket));
  if (plan_.runtime_text.starts_with("cri-o ") && plan_.runtime_socket.ends_with(kCrioSuffix) &&
      !plan_.agent_socket.ends_with(kCrioSuffix)) {
    plan_.agent_socket = kCrioListenSocket;
  }
  plan_.agent_endpoint = StrCat("unix://", plan_.agent_socket);
  plan_.kubelet_is_pointed = SameEndpoint(in_force, plan_.agent_endpoint);
  return absl::OkStatus();
}

// The files may say something else than what runs: a wrapper, or a change since the last start.
absl::Status Planner::CompareWithRunning() {
  const std::vector<std::string> argv = node_.command_line(plan_.kubelet.main_pid);
  SEKISHO_ASSIGN_OR_RETURN(const std::string running, RuntimeEndpointOf(argv, node_.root));
  const std::string& files_say = plan_.setup.runtime_endpoint;
  if (!SameEndpoint(running, files_say)) {
    return absl::FailedPreconditionError(
        StrCat("the files of ", options_.kubelet_unit, " say ", files_say,
               ", but the running kubelet was started with ", running,
               "; restart it, or find out what starts it"));
  }
  const std::string socket = SocketOf(files_say).value_or(plan_.runtime_socket);
  SEKISHO_ASSIGN_OR_RETURN(const int connections,
                           health_->Connections(plan_.kubelet.main_pid, socket));
  if (connections == 0) {
    return absl::FailedPreconditionError(
        StrCat(options_.kubelet_unit, " (pid ", plan_.kubelet.main_pid, ") is not connected to ",
               socket, ", where its files point it; restart it, or see why it does not work"));
  }
  return absl::OkStatus();
}

absl::Status Planner::AddAgentChange(const std::string& path, std::optional<std::string> after,
                                     mode_t mode, const std::string& why, bool brought) {
  SEKISHO_ASSIGN_OR_RETURN(std::optional<std::string> before,
                           ReadIfThere(StrCat(node_.root, path)));
  if (before == after) {
    return absl::OkStatus();
  }
  plan_.units_change |= path.starts_with(kUnitFolder);
  plan_.socket_unit_changes |= path.find(kAgentSocketUnit) != std::string::npos;
  plan_.agent_changes.push_back({.change = {.path = path,
                                            .before = std::move(before),
                                            .after = std::move(after),
                                            .mode = mode,
                                            .why = why},
                                 .of = SavedFile::Of::kAgent,
                                 .brought = brought});
  return absl::OkStatus();
}

absl::Status Planner::AddBrought() {
  for (const BroughtFile& file : brought_) {
    if (file.path != options_.config_file) {  // AddConfig() has it
      SEKISHO_RETURN_IF_ERROR(
          AddAgentChange(file.path, file.bytes, file.mode, "--files", /*brought=*/true));
    }
  }
  return absl::OkStatus();
}

// What an earlier run brought and this one does not: taken away, or back to what was there before
// us. Otherwise a rule that was taken out of a ConfigMap would stay in force on the node.
absl::Status Planner::AddNoLongerBrought() {
  for (const SavedFile& file : saved_.installed) {
    const bool below =
        std::any_of(options_.files.begin(), options_.files.end(), [&](const FileTree& tree) {
          return file.path.starts_with(
              StrCat(std::filesystem::path(tree.destination).lexically_normal().string(), "/"));
        });
    if (file.of != SavedFile::Of::kAgent || !below || Brings(file.path) ||
        file.path == options_.config_file || !IsAsWritten(file, node_.root)) {
      continue;
    }
    std::optional<std::string> before;
    if (file.before.has_value()) {
      SEKISHO_ASSIGN_OR_RETURN(before, store_.Get(*file.before));
    }
    SEKISHO_RETURN_IF_ERROR(
        AddAgentChange(file.path, std::move(before), file.mode, "no longer in --files"));
  }
  return absl::OkStatus();
}

// The agent has to stand between the kubelet and the runtime that the kubelet used.
absl::Status Planner::AddConfig() {
  SEKISHO_ASSIGN_OR_RETURN(std::optional<std::string> text, TextOf(options_.config_file));
  if (!SameEndpoint(sockets_.upstream, plan_.runtime_socket)) {
    SEKISHO_ASSIGN_OR_RETURN(text, SetYamlScalar(*text, options_.config_file,
                                                 {"upstream", "socket"}, plan_.runtime_socket));
  }
  if (sockets_.listen != plan_.agent_socket) {
    SEKISHO_ASSIGN_OR_RETURN(
        text, SetYamlScalar(*text, options_.config_file, {"listen", "socket"}, plan_.agent_socket));
  }
  return AddAgentChange(options_.config_file, *std::move(text), 0644, "the agent's configuration");
}

// The packaged socket unit listens on the packaged path.
absl::Status Planner::AddSocketDropIn() {
  if (!plan_.has_socket_unit || sockets_.listen == plan_.agent_socket) {
    return absl::OkStatus();
  }
  return AddAgentChange(DropInOf(kAgentSocketUnit, "50-listen.conf"),
                        StrCat("# Written by sekisho install.\n[Socket]\nListenStream=\n"
                               "ListenStream=",
                               plan_.agent_socket, "\n"),
                        0644, "listen.socket");
}

absl::Status Planner::AddKubelet() {
  SEKISHO_ASSIGN_OR_RETURN(std::vector<FileChange> changes,
                           PointKubelet(plan_.setup, plan_.runtime_endpoint, plan_.agent_endpoint,
                                        KubeletDropInOf(options_.kubelet_unit), node_.root));
  for (FileChange& change : changes) {
    plan_.kubelet_changes.push_back({.change = std::move(change), .of = SavedFile::Of::kKubelet});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Plan> MakePlan(const InstallOptions& options,
                              const std::vector<BroughtFile>& brought, const StateStore& store,
                              const SavedState& saved, const NodeAccess& node) {
  return Planner(options, brought, store, saved, node).Make();
}

std::string KubeletDropInOf(const std::string& unit) {
  return DropInOf(unit, kKubeletDropInName);
}

absl::StatusOr<UnitState> ShowKubelet(const std::string& unit, const NodeAccess& node) {
  absl::StatusOr<UnitState> state = node.systemd->Show(unit);
  if (state.ok() && !state->files.empty()) {
    return state;
  }
  UnitState found;
  found.files = FindUnitFiles(unit, node.root);
  found.loaded = !found.files.empty();
  return found;
}

absl::StatusOr<AgentSockets> ReadAgentSockets(const std::string& config_text,
                                              const std::string& file) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<yaml::YamlNode> root = yaml::ParseYaml(config_text, file, &errors);
  if (!root.has_value()) {
    return absl::InvalidArgumentError(errors.front().ToString());
  }
  const config::AgentConfig defaults;
  return AgentSockets{
      .listen = ScalarAt(*root, {"listen", "socket"}).value_or(defaults.listen_socket),
      .upstream = ScalarAt(*root, {"upstream", "socket"}).value_or(defaults.upstream_socket)};
}

}  // namespace sekisho::install
