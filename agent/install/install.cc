#include "install/install.h"

#include <fstream>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "config/policy_choice.h"
#include "config/snapshot.h"
#include "install/agent_unit.h"
#include "install/diff.h"
#include "install/host_namespaces.h"
#include "install/plan.h"
#include "install/run_lock.h"
#include "install/undo.h"

namespace sekisho::install {
namespace {

using base::StrCat;

// The guard gives the run its time, and some more for what comes before and after the waiting.
constexpr std::chrono::seconds kGuardMargin{10};

// One installation, from the first file to the last word.
class Run {
 public:
  Run(const InstallOptions& options, const Plan& plan, Transaction& transaction,
      const NodeAccess& node)
      : options_(options), plan_(plan), transaction_(transaction), node_(node) {}

  // The steps, each only when the one before it succeeded.
  absl::Status Execute() {
    SEKISHO_RETURN_IF_ERROR(Begin());
    SEKISHO_RETURN_IF_ERROR(MakeAll(plan_.agent_changes));
    SEKISHO_RETURN_IF_ERROR(CheckConfiguration());
    SEKISHO_RETURN_IF_ERROR(ArmGuard());
    SEKISHO_RETURN_IF_ERROR(BringUpAgent());
    SEKISHO_RETURN_IF_ERROR(PointTheKubelet());
    return Confirm();
  }

 private:
  absl::Status Begin();
  absl::Status MakeAll(const std::vector<NodeChange>& changes);
  absl::Status CheckConfiguration() const;
  absl::Status ArmGuard();
  absl::Status BringUpAgent();
  absl::Status PointTheKubelet();
  absl::Status Confirm();

  const InstallOptions& options_;
  const Plan& plan_;
  Transaction& transaction_;
  const NodeAccess& node_;
  bool healthz_ = false;
};

absl::Status Run::Begin() {
  node_.say(StrCat("==> keeping copies of what will change in ",
                   StateStore(StrCat(node_.root, kStateDirectory)).directory()));
  healthz_ = node_.health(plan_.healthz_url)->AskHealthz() == Healthz::kOk;
  return transaction_.Begin(plan_.agent.IsRunning(), plan_.agent.unit_file_state == "enabled");
}

absl::Status Run::MakeAll(const std::vector<NodeChange>& changes) {
  SEKISHO_RETURN_IF_ERROR(transaction_.Announce(changes));
  bool said_brought = false;
  for (const NodeChange& planned : changes) {
    if (!planned.brought) {
      node_.say(StrCat("==> writing ", planned.change.path, " (", planned.change.why, ")"));
    } else if (!std::exchange(said_brought, true)) {
      node_.say("==> writing the files of --files");
    }
    SEKISHO_RETURN_IF_ERROR(transaction_.Make(planned.change));
  }
  return absl::OkStatus();
}

// The daemon's own way of reading, so that a policy that it would refuse is refused here, while the
// agent of before still runs with the policy of before.
absl::Status Run::CheckConfiguration() const {
  node_.say("==> checking the agent's configuration and policy");
  const config::LoadResult<config::AgentConfig> config =
      config::LoadAgentConfig(StrCat(node_.root, options_.config_file));
  if (!config.ok()) {
    return absl::InvalidArgumentError(config.errors.front().ToString());
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const config::LoadResult<config::Snapshot> policy = config::LoadPolicy(config.value, now);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(policy.errors.front().ToString());
  }
  // Which of them is this node's can change while the agent runs.
  const std::vector<config::Diagnostic> overrides = config::ErrorsInOverrides(config.value, now);
  if (!overrides.empty()) {
    return absl::InvalidArgumentError(overrides.front().ToString());
  }
  return absl::OkStatus();
}

absl::Status Run::ArmGuard() {
  // The program that is on the node now: in a container this one is not.
  if (plan_.units_change) {
    SEKISHO_RETURN_IF_ERROR(node_.systemd->DaemonReload());
  }
  SEKISHO_ASSIGN_OR_RETURN(const UnitState agent, node_.systemd->Show(kAgentService));
  if (agent.program.empty()) {
    return absl::FailedPreconditionError(StrCat(kAgentService, " has no ExecStart="));
  }
  const std::chrono::seconds delay = options_.timeout + kGuardMargin;
  node_.say(StrCat("==> arming ", kGuard, ".timer, which undoes this if it is not done in ",
                   delay.count(), " s"));
  SEKISHO_RETURN_IF_ERROR(node_.systemd->DisarmTimer(kGuard));
  return node_.systemd->ArmTimer(
      kGuard, delay,
      {agent.program, "uninstall", "--unfinished", StrCat("--kubelet-unit=", options_.kubelet_unit),
       StrCat("--timeout=", options_.timeout.count())});
}

absl::Status Run::BringUpAgent() {
  node_.say(StrCat("==> starting ", kAgentService));
  SEKISHO_RETURN_IF_ERROR(StartAgent(plan_, node_));
  node_.say(StrCat("==> asking the runtime for its version through ", plan_.agent_socket));
  const std::unique_ptr<KubeletHealth> health = node_.health("");
  SEKISHO_ASSIGN_OR_RETURN(const std::string text, health->AskVersion(plan_.agent_socket));
  if (text != plan_.runtime_text) {
    return absl::FailedPreconditionError(
        StrCat("through the agent \"", text, "\" answers, not \"", plan_.runtime_text, "\""));
  }
  // By which it will be seen whether the kubelet's calls arrive.
  if (!health->AnsweredBy(plan_.agent_socket).has_value()) {
    return absl::FailedPreconditionError(
        StrCat("the agent writes no status file beside ", plan_.agent_socket));
  }
  return absl::OkStatus();
}

absl::Status Run::PointTheKubelet() {
  if (plan_.kubelet_changes.empty()) {
    return WaitForKubelet({.unit = options_.kubelet_unit,
                           .socket = plan_.agent_socket,
                           .through_agent = true,
                           .healthz = healthz_},
                          options_.timeout, *node_.systemd, *node_.health(plan_.healthz_url));
  }
  SEKISHO_RETURN_IF_ERROR(MakeAll(plan_.kubelet_changes));
  return RestartKubelet(options_.kubelet_unit, options_.timeout, healthz_, node_);
}

absl::Status Run::Confirm() {
  node_.say("==> confirming");
  SEKISHO_RETURN_IF_ERROR(
      transaction_.Commit(options_.kubelet_unit, plan_.runtime_endpoint, plan_.agent_endpoint));
  if (const absl::Status disarmed = node_.systemd->DisarmTimer(kGuard); !disarmed.ok()) {
    // It will find nothing to undo.
    node_.say(StrCat("warning: ", disarmed.message()));
  }
  return absl::OkStatus();
}

// What is new of --files is a whole distribution of libraries: its number says enough.
void PrintChanges(const std::vector<NodeChange>& changes, const NodeAccess& node) {
  size_t brought = 0;
  size_t bytes = 0;
  for (const NodeChange& planned : changes) {
    const FileChange& change = planned.change;
    if (planned.brought && !change.before.has_value()) {
      ++brought;
      bytes += change.after.value_or("").size();
    } else {
      node.say(StrCat("\n", UnifiedDiff(change)));
    }
  }
  if (brought > 0) {
    node.say(StrCat("new       ", brought, " files of --files, ", bytes / 1024, " KiB"));
  }
}

void PrintPlan(const Plan& plan, const NodeAccess& node) {
  node.say(StrCat("kubelet   ", plan.setup.unit.name, ", runtime endpoint ",
                  plan.setup.runtime_endpoint));
  for (const EndpointSetting& setting : plan.setup.settings) {
    node.say(StrCat("  set in  ", setting.file, ":", setting.line, ": ", setting.key, " ",
                    setting.endpoint));
  }
  node.say(StrCat("runtime   ", plan.runtime_text, " at ", plan.runtime_socket));
  node.say(StrCat("agent     ", plan.agent_socket));
  PrintChanges(plan.agent_changes, node);
  PrintChanges(plan.kubelet_changes, node);
}

int Refuse(const absl::Status& status, const NodeAccess& node) {
  node.say(StrCat("refused, and nothing was changed: ", status.message()));
  return kRefused;
}

// Whether there is nothing to do: the kubelet is well through an agent that runs.
bool IsInstalled(const InstallOptions& options, const Plan& plan, const NodeAccess& node) {
  return plan.IsEmpty() && plan.kubelet_is_pointed && plan.agent.IsRunning() &&
         plan.agent.unit_file_state == "enabled" &&
         WaitForKubelet({.unit = options.kubelet_unit,
                         .socket = plan.agent_socket,
                         .through_agent = true,
                         .healthz = false},
                        options.timeout, *node.systemd, *node.health(plan.healthz_url))
             .ok();
}

int Execute(const InstallOptions& options, const Plan& plan, Transaction& transaction,
            const NodeAccess& node) {
  const absl::Status status = Run(options, plan, transaction, node).Execute();
  if (status.ok()) {
    node.say(StrCat("done: ", options.kubelet_unit, " goes through the agent at ",
                    plan.agent_socket, " to ", plan.runtime_text));
    return kDone;
  }
  node.say(StrCat("failed: ", status.message()));
  if (const absl::Status undone = Undo(transaction, options.kubelet_unit, options.timeout, node);
      !undone.ok()) {
    node.say(StrCat("the node is NOT as it was: ", undone.message(),
                    "\nrun \"sekisho uninstall --unfinished\" to try again; the copies are in ",
                    kStateDirectory));
    return kBroken;
  }
  (void)node.systemd->DisarmTimer(kGuard);  // without a run it does nothing
  node.say("everything is as it was before");
  return kRolledBack;
}

}  // namespace

int Install(const InstallOptions& options, const NodeAccess& node) {
  // Before the node is entered: the trees are the container's.
  const absl::StatusOr<std::vector<BroughtFile>> brought = ReadFileTrees(options.files);
  if (!brought.ok()) {
    return Refuse(brought.status(), node);
  }
  if (options.enter_host) {
    if (const absl::Status entered = EnterHostNamespaces(); !entered.ok()) {
      return Refuse(entered, node);
    }
  }
  const StateStore store(StrCat(node.root, kStateDirectory));
  absl::StatusOr<base::UniqueFd> lock;
  if (!options.dry_run) {
    lock = TakeRunLock(store.directory());
    if (!lock.ok()) {
      return Refuse(lock.status(), node);
    }
  }
  absl::StatusOr<SavedState> saved = store.Load();
  if (!saved.ok()) {
    return Refuse(saved.status(), node);
  }
  Transaction transaction(store, *saved, node.root);
  if (saved->run.has_value() && !options.dry_run) {
    node.say("an earlier run was not finished; undoing it first");
    if (const absl::Status undone = Undo(transaction, options.kubelet_unit, options.timeout, node);
        !undone.ok()) {
      node.say(StrCat("it cannot be undone: ", undone.message()));
      return kBroken;
    }
  }
  const absl::StatusOr<Plan> plan = MakePlan(options, *brought, store, transaction.state(), node);
  if (!plan.ok()) {
    return Refuse(plan.status(), node);
  }
  PrintPlan(*plan, node);
  if (options.dry_run) {
    return kDone;
  }
  if (IsInstalled(options, *plan, node)) {
    node.say("nothing to do: the kubelet goes through the agent already");
    return kDone;
  }
  return Execute(options, *plan, transaction, node);
}

NodeAccess RealNode(std::function<void(std::string_view line)> say) {
  return {.systemd = MakeSystemd(),
          .health = &MakeKubeletHealth,
          .command_line =
              [](pid_t pid) {
                std::ifstream file(StrCat("/proc/", pid, "/cmdline"), std::ios::binary);
                std::vector<std::string> argv;
                for (std::string argument; std::getline(file, argument, '\0');) {
                  argv.push_back(std::move(argument));
                }
                return argv;
              },
          .say = std::move(say),
          .root = ""};
}

}  // namespace sekisho::install
