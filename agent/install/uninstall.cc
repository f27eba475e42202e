// The way back: the kubelet to the runtime's own socket, then the agent away.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "config/snapshot.h"
#include "install/agent_unit.h"
#include "install/diff.h"
#include "install/host_namespaces.h"
#include "install/install.h"
#include "install/plan.h"
#include "install/run_lock.h"
#include "install/undo.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using Of = SavedFile::Of;

constexpr const char* kDefaultKubelet = "kubelet.service";
// Where every socket of ours lies.
constexpr std::string_view kAgentFolder = "/run/sekisho/";

// The agent's endpoint and the runtime's, from what was installed or else from the configuration.
struct Endpoints {
  std::string agent;
  std::string runtime;
};

Endpoints EndpointsOf(const SavedState& saved, const std::string& config_file,
                      const std::string& root) {
  Endpoints endpoints{.agent = saved.agent_endpoint, .runtime = saved.runtime_endpoint};
  const config::AgentConfig defaults;
  AgentSockets sockets{.listen = defaults.listen_socket, .upstream = defaults.upstream_socket};
  if (const absl::StatusOr<std::optional<std::string>> text =
          ReadIfThere(StrCat(root, config_file));
      text.ok() && text->has_value()) {
    if (absl::StatusOr<AgentSockets> read = ReadAgentSockets(**text, config_file); read.ok()) {
      sockets = *std::move(read);
    }
  }
  if (endpoints.agent.empty()) {
    endpoints.agent = StrCat("unix://", sockets.listen);
  }
  if (endpoints.runtime.empty()) {
    endpoints.runtime = StrCat("unix://", sockets.upstream);
  }
  return endpoints;
}

bool IsAgents(std::string_view endpoint, const Endpoints& endpoints) {
  return SameEndpoint(endpoint, endpoints.agent) ||
         SocketOf(endpoint).value_or("").starts_with(kAgentFolder);
}

// --- uninstall --check

int CheckUnreadable(const UnitState& kubelet, const absl::Status& why, const Endpoints& endpoints,
                    const NodeAccess& node) {
  if (kubelet.IsRunning()) {
    const absl::StatusOr<int> connections =
        node.health("")->Connections(kubelet.main_pid, SocketOf(endpoints.agent).value_or(""));
    if (connections.ok() && *connections == 0) {
      return kDone;
    }
  }
  node.say(StrCat("cannot tell where the kubelet points: ", why.message()));
  return kRefused;
}

int Check(const std::string& unit, const SavedState& saved, const Endpoints& endpoints,
          const NodeAccess& node) {
  if (saved.run.has_value()) {
    node.say("an installation was not finished; run \"sekisho uninstall\"");
    return 1;
  }
  const absl::StatusOr<UnitState> kubelet = ShowKubelet(unit, node);
  if (!kubelet.ok() || kubelet->files.empty()) {
    return kDone;  // no kubelet
  }
  const absl::StatusOr<KubeletSetup> setup =
      ReadKubeletSetup({.name = unit, .files = kubelet->files}, node.root);
  if (!setup.ok()) {
    return CheckUnreadable(*kubelet, setup.status(), endpoints, node);
  }
  int code = kDone;
  for (const EndpointSetting& setting : setup->settings) {
    if (IsAgents(setting.endpoint, endpoints)) {
      node.say(
          StrCat(setting.file, ":", setting.line, ": ", setting.key, " is ", setting.endpoint));
      code = 1;
    }
  }
  return code;
}

// --- uninstall

class Removal {
 public:
  Removal(const UninstallOptions& options, std::string unit, SavedState saved,
          const StateStore& store, const NodeAccess& node)
      : options_(options),
        unit_(std::move(unit)),
        saved_(std::move(saved)),
        store_(store),
        node_(node),
        endpoints_(EndpointsOf(saved_, options.config_file, node.root)) {}

  int Execute();

 private:
  absl::Status RestoreFiles(Of of);
  absl::Status PointBack();
  absl::StatusOr<bool> MustRestart();
  absl::Status BringKubeletBack();
  absl::Status TakeAgentAway();
  absl::Status Write(const FileChange& change);

  const UninstallOptions& options_;
  const std::string unit_;
  const SavedState saved_;
  const StateStore& store_;
  const NodeAccess& node_;
  const Endpoints endpoints_;
  bool changed_ = false;
};

// The very bytes where nobody has changed the file since; otherwise it is said, and left alone.
absl::Status Removal::RestoreFiles(Of of) {
  for (const SavedFile& file : saved_.installed) {
    if (file.of != of) {
      continue;
    }
    const std::string path = StrCat(node_.root, file.path);
    SEKISHO_ASSIGN_OR_RETURN(std::optional<std::string> now, ReadIfThere(path));
    std::optional<std::string> before;
    if (file.before.has_value()) {
      SEKISHO_ASSIGN_OR_RETURN(before, store_.Get(*file.before));
    }
    if (now == before) {
      continue;
    }
    if (!IsAsWritten(file, node_.root)) {
      node_.say(
          StrCat("note: ", file.path, " was changed since the installation; what is in it stays"));
      continue;
    }
    if (options_.dry_run) {
      node_.say(UnifiedDiff({.path = file.path, .before = now, .after = before, .why = ""}));
      continue;
    }
    node_.say(StrCat("==> restoring ", file.path));
    SEKISHO_RETURN_IF_ERROR(RestoreFile(store_, file, node_.root));
    changed_ |= of == Of::kKubelet;
  }
  return absl::OkStatus();
}

absl::Status Removal::Write(const FileChange& change) {
  if (options_.dry_run) {
    node_.say(UnifiedDiff(change));
    return absl::OkStatus();
  }
  node_.say(StrCat("==> writing ", change.path, " (", change.why, ")"));
  changed_ = true;
  const std::string path = StrCat(node_.root, change.path);
  if (!change.after.has_value()) {
    std::error_code error;
    std::filesystem::remove(path, error);
    return error ? absl::FailedPreconditionError(StrCat(path, ": ", error.message()))
                 : absl::OkStatus();
  }
  SEKISHO_ASSIGN_OR_RETURN(const base::OwnedFile now, base::ReadOwnedFile(path, size_t{1} << 26));
  return base::WriteFileAtomically(path, *change.after, now.mode,
                                   base::FileOwner{now.owner, now.group});
}

// For files that were changed since, and for a kubelet that somebody pointed by hand.
absl::Status Removal::PointBack() {
  if (!options_.dry_run) {
    SEKISHO_RETURN_IF_ERROR(node_.systemd->DaemonReload());
  }
  SEKISHO_ASSIGN_OR_RETURN(const UnitState kubelet, ShowKubelet(unit_, node_));
  if (kubelet.files.empty()) {
    return absl::OkStatus();
  }
  SEKISHO_ASSIGN_OR_RETURN(const KubeletSetup setup,
                           ReadKubeletSetup({.name = unit_, .files = kubelet.files}, node_.root));
  const bool still_there = std::any_of(setup.settings.begin(), setup.settings.end(),
                                       [&](const EndpointSetting& setting) {
                                         return SameEndpoint(setting.endpoint, endpoints_.agent);
                                       });
  // In a dry run the files of the installation are still in place, and were shown.
  if (!still_there || (options_.dry_run && !saved_.installed.empty())) {
    return absl::OkStatus();
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<FileChange> changes,
                           PointKubelet(setup, endpoints_.agent, endpoints_.runtime,
                                        KubeletDropInOf(unit_), node_.root));
  for (const FileChange& change : changes) {
    SEKISHO_RETURN_IF_ERROR(Write(change));
  }
  return absl::OkStatus();
}

// Also a kubelet whose files an earlier, interrupted removal restored without restarting it.
absl::StatusOr<bool> Removal::MustRestart() {
  SEKISHO_ASSIGN_OR_RETURN(const UnitState kubelet, ShowKubelet(unit_, node_));
  if (kubelet.files.empty()) {
    return false;
  }
  if (changed_) {
    return true;
  }
  if (!kubelet.IsRunning()) {
    return false;
  }
  SEKISHO_ASSIGN_OR_RETURN(
      const int connections,
      node_.health("")->Connections(kubelet.main_pid, SocketOf(endpoints_.agent).value_or("")));
  return connections > 0;
}

absl::Status Removal::BringKubeletBack() {
  SEKISHO_RETURN_IF_ERROR(RestoreFiles(Of::kKubelet));
  SEKISHO_RETURN_IF_ERROR(PointBack());
  if (options_.dry_run) {
    return absl::OkStatus();
  }
  SEKISHO_ASSIGN_OR_RETURN(const bool restart, MustRestart());
  return restart ? RestartKubelet(unit_, options_.timeout, /*healthz=*/false, node_)
                 : absl::OkStatus();
}

absl::Status Removal::TakeAgentAway() {
  if (!options_.dry_run) {
    node_.say("==> stopping and disabling the agent");
    SEKISHO_RETURN_IF_ERROR(DisableAgent(node_));
    SEKISHO_RETURN_IF_ERROR(StopAgent(node_));
  }
  SEKISHO_RETURN_IF_ERROR(RestoreFiles(Of::kAgent));
  if (options_.dry_run) {
    return absl::OkStatus();
  }
  RemoveEmptyFolders(saved_.folders, node_.root);
  SEKISHO_RETURN_IF_ERROR(node_.systemd->DaemonReload());
  return store_.Clear();
}

int Removal::Execute() {
  if (const absl::Status status = BringKubeletBack(); !status.ok()) {
    node_.say(StrCat("failed: ", status.message(),
                     options_.dry_run ? "" : "\nthe agent was left running"));
    return options_.dry_run ? kRefused : kBroken;
  }
  if (const absl::Status status = TakeAgentAway(); !status.ok()) {
    node_.say(
        StrCat("failed: ", status.message(), "\nthe kubelet is back on the runtime's own socket"));
    return kBroken;
  }
  if (!options_.dry_run) {
    node_.say(StrCat("done: ", unit_, " uses ", endpoints_.runtime));
  }
  return kDone;
}

int UndoUnfinished(Transaction& transaction, const std::string& unit,
                   const UninstallOptions& options, const NodeAccess& node) {
  if (!transaction.state().run.has_value()) {
    return kDone;
  }
  node.say("an installation was not finished; undoing it");
  if (const absl::Status undone = Undo(transaction, unit, options.timeout, node); !undone.ok()) {
    node.say(StrCat("it cannot be undone: ", undone.message()));
    return kBroken;
  }
  return kDone;
}

}  // namespace

int Uninstall(const UninstallOptions& options, const NodeAccess& node) {
  if (options.enter_host) {
    if (const absl::Status entered = EnterHostNamespaces(); !entered.ok()) {
      node.say(std::string(entered.message()));
      return kRefused;
    }
  }
  const StateStore store(StrCat(node.root, kStateDirectory));
  absl::StatusOr<base::UniqueFd> lock;
  if (!options.dry_run && !options.check) {
    lock = TakeRunLock(store.directory());
    if (!lock.ok()) {
      node.say(std::string(lock.status().message()));
      return kRefused;
    }
  }
  const absl::StatusOr<SavedState> saved = store.Load();
  if (!saved.ok()) {
    node.say(std::string(saved.status().message()));
    return kRefused;
  }
  const std::string unit = !options.kubelet_unit.empty() ? options.kubelet_unit
                           : saved->kubelet_unit.empty() ? kDefaultKubelet
                                                         : saved->kubelet_unit;
  if (options.check) {
    return Check(unit, *saved, EndpointsOf(*saved, options.config_file, node.root), node);
  }
  if (const absl::StatusOr<UnitState> asked = node.systemd->Show(unit); !asked.ok()) {
    node.say(StrCat("refused, and nothing was changed: ", asked.status().message()));
    return kRefused;
  }
  Transaction transaction(store, *saved, node.root);
  if (!options.dry_run) {
    if (const int code = UndoUnfinished(transaction, unit, options, node);
        code != kDone || options.unfinished) {
      return code;
    }
  }
  return Removal(options, unit, transaction.state(), store, node).Execute();
}

}  // namespace sekisho::install
