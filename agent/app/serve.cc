#include "app/serve.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/acceptor.h"
#include "app/agent_view.h"
#include "app/call_counter.h"
#include "app/cluster_link.h"
#include "app/decision_sink.h"
#include "app/endpoints.h"
#include "app/free_heap.h"
#include "app/intake.h"
#include "app/late_thread.h"
#include "app/listener.h"
#include "app/notify.h"
#include "app/profile_keeper.h"
#include "app/recent_refusals.h"
#include "app/reload_log.h"
#include "app/self_protection.h"
#include "app/signals.h"
#include "app/start_pages.h"
#include "app/status_writer.h"
#include "app/upstream_check.h"
#include "app/verify_loop.h"
#include "audit/file_sink.h"
#include "base/str_cat.h"
#include "config/policy_choice.h"
#include "config/revisions.h"
#include "config/snapshot.h"
#include "enforce/enforcer.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "relay/grpc_log.h"
#include "relay/server.h"

namespace sekisho::app {
namespace {

using std::chrono::milliseconds;

// How often the main thread looks at what is not a signal: audit losses, the status file.
constexpr milliseconds kRound = status::kWriteInterval;

// Added to the time that the service manager is asked for while we wait for somebody else.
constexpr std::chrono::seconds kMargin{15};

// For each question to the runtime about what runs.
constexpr milliseconds kLookTimeout{5000};

std::chrono::sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void LogAll(const std::vector<config::Diagnostic>& diagnostics,
            void (*log_line)(std::string_view)) {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    log_line(diagnostic.ToString());
  }
}

// Everything that runs, in the order in which it starts; destroyed in the opposite order.
class Daemon {
 public:
  explicit Daemon(ServeOptions options) : options_(std::move(options)) {}

  // The start checklist. The order matters: nobody is served before there is a policy, and systemd
  // hears READY only when a call would go all the way.
  bool Start() {
    return LoadConfig() && MeetCluster() && LoadFirstPolicy() && OpenAudit() && StartRelay() &&
           ReachUpstream() && OpenProfiles() && StartVerifying() && Listen() && SayReady();
  }

  void RunUntilStopped();
  void Stop();
  bool ToldToStop() const { return signals_.StopIsPending(); }

 private:
  bool LoadConfig();
  bool MeetCluster();
  bool LoadFirstPolicy();
  bool OpenAudit();
  bool OpenProfiles();
  enforce::Enforcer::Namespaces Namespaces() const;
  bool StartRelay();
  bool StartVerifying();
  bool ReachUpstream();
  bool Listen();
  bool SayReady();

  // Reads the policy files for `node`, and puts what is good into force. Otherwise says why not.
  std::vector<std::string> LoadPolicyFor(const config::NodeIdentity& node);
  void AskForGroupIfNeeded();
  void Reload();
  void FollowGroup();
  void CompareConfig() const;
  void LookAround();
  void WriteStatus();
  std::string Status() const;

  const ServeOptions options_;
  Signals signals_;  // first: every thread started later has them blocked
  config::AgentConfig config_as_read_;
  config::AgentConfig config_;  // with what the command line adds
  uint64_t generation_ = 0;
  bool last_reload_failed_ = false;
  uint64_t audit_lost_seen_ = 0;
  config::NodeIdentity node_;           // by which the policy was chosen
  std::unique_ptr<LateThread> looker_;  // until verification has it
  std::unique_ptr<kube::Cluster> cluster_;
  std::optional<enforce::SnapshotHolder> snapshots_;
  std::unique_ptr<audit::FileSink> audit_;
  ReloadLog reloads_;
  RecentRefusals refusals_;
  metrics::Metrics metrics_{[this] { return view_->MetricsState(); }};
  CallCounter call_counter_{metrics_};
  std::optional<DecisionSink> decisions_;
  ProfileKeeper profiles_;
  std::optional<VerifyLoop> verify_;
  std::unique_ptr<enforce::Enforcer> enforcer_;
  std::unique_ptr<relay::Server> server_;
  std::optional<Listener> listener_;
  std::optional<Intake> intake_;  // only the acceptor's thread
  std::unique_ptr<Acceptor> acceptor_;
  std::optional<StatusWriter> status_file_;
  std::optional<AgentView> view_;
  std::optional<Endpoints> endpoints_;
  // Set by the relay's queues, read by the main thread.
  std::shared_ptr<std::atomic<bool>> queues_answered_ = std::make_shared<std::atomic<bool>>(true);
  FreeHeap free_heap_;
  std::shared_ptr<QueuePulse> pulse_ = std::make_shared<QueuePulse>();
};

bool Daemon::LoadConfig() {
  log::Init("info");
  ProtectProcess();
  config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(options_.config_file);
  LogAll(loaded.errors, log::Error);
  if (!loaded.ok()) {
    return false;
  }
  config_as_read_ = loaded.value;
  config_ = std::move(loaded.value);
  config_.unsafe_forward_unknown |= options_.unsafe_forward_unknown;
  // Before the level is set: no configuration silences this.
  if (config_.unsafe_forward_unknown) {
    log::Warn("UNSAFE: methods that this build does not know are forwarded unjudged");
  }
  log::SetLevel(config_.log_level);
  // While there is one thread: the others get what it has left. But the one that looks at what
  // runs could not do so within Landlock.
  NarrowProcess(config_);
  looker_ = std::make_unique<LateThread>();
  NarrowFiles(config_);
  return true;
}

// What was known of the cluster before is read here, since the first policy may depend on it. The
// API server is asked from now on, and not waited for.
bool Daemon::MeetCluster() {
  cluster_ = OpenCluster(config_);
  if (cluster_ != nullptr) {
    cluster_->Start();
    AskForGroupIfNeeded();
  }
  return true;
}

std::vector<std::string> Daemon::LoadPolicyFor(const config::NodeIdentity& node) {
  config::LoadResult<config::Snapshot> loaded = config::LoadPolicy(config_, Now(), node);
  const config::Revisions revisions(config_.state_dir);
  if (loaded.ok()) {
    if (std::optional<config::Diagnostic> why_not = revisions.WhyNot(loaded.value)) {
      loaded.errors.push_back(*std::move(why_not));
    }
  }
  LogAll(loaded.errors, log::Error);
  if (!loaded.ok()) {
    std::vector<std::string> errors;
    for (const config::Diagnostic& error : loaded.errors) {
      errors.push_back(error.ToString());
    }
    return errors;
  }
  LogAll(loaded.value.warnings, log::Warn);
  if (const absl::Status status = revisions.Record(loaded.value); !status.ok()) {
    log::Error(
        base::StrCat("the policy's revision is not kept over a restart: ", status.message()));
  }
  node_ = node;
  loaded.value.generation = ++generation_;
  auto snapshot = std::make_shared<const config::Snapshot>(std::move(loaded.value));
  if (snapshots_.has_value()) {
    snapshots_->Set(std::move(snapshot));
  } else {
    snapshots_.emplace(std::move(snapshot));
  }
  reloads_.Loaded(node);
  return {};
}

bool Daemon::LoadFirstPolicy() {
  if (!LoadPolicyFor(IdentityOf(config_, cluster_.get())).empty()) {
    log::Error("no policy, no start");
    return false;
  }
  return true;
}

// The node's label is read only where a policy depends on it.
void Daemon::AskForGroupIfNeeded() {
  if (cluster_ != nullptr && config_.node_group.empty() && config::HasGroupFiles(config_)) {
    cluster_->AskForGroup();
  }
}

bool Daemon::OpenAudit() {
  // A log that cannot be written is no reason not to start: deciding goes on, the loss is counted
  // and said.
  audit_ = std::make_unique<audit::FileSink>(config_.audit_path, config_.audit_max_bytes,
                                             config_.audit_max_files);
  decisions_.emplace(*audit_, metrics_, refusals_, cluster_.get());
  return true;
}

bool Daemon::OpenProfiles() {
  profiles_.Open(config_, *server_);
  return true;
}

enforce::Enforcer::Namespaces Daemon::Namespaces() const {
  return cluster_ == nullptr ? enforce::Enforcer::Namespaces()
                             : [cluster = cluster_.get()] { return cluster->View(); };
}

bool Daemon::StartRelay() {
  verify_.emplace(*snapshots_);
  enforcer_ = std::make_unique<enforce::Enforcer>(
      *snapshots_, *decisions_, mounts::Resolver({.kubelet_root = config_.kubelet_root}),
      enforce::Enforcer::Options{.profiles = &profiles_.profiles(),
                                 .namespaces = Namespaces(),
                                 .containers = &*verify_,
                                 .keep_facts = config_.audit_facts});
  absl::StatusOr<std::unique_ptr<relay::Server>> server =
      relay::Server::Start({.upstream_socket = config_.upstream_socket,
                            .threads = config_.relay_threads,
                            .message_bytes_max = config_.relay_max_message_bytes,
                            .forward_unknown = config_.unsafe_forward_unknown,
                            .observer = &call_counter_},
                           *enforcer_);
  if (!server.ok()) {
    log::Error(base::StrCat("cannot start the relay: ", server.status().ToString()));
    return false;
  }
  server_ = std::move(server).value();
  return true;
}

bool Daemon::ReachUpstream() {
  NotifyMoreTime(config_.upstream_start_timeout + kMargin);
  const absl::Status status = WaitForUpstream(*server_, config_.upstream_start_timeout,
                                              [this] { return signals_.StopIsPending(); });
  if (!status.ok()) {
    log::Error(base::StrCat(config_.upstream_socket, ": ", status.ToString()));
    return false;
  }
  return true;
}

bool Daemon::StartVerifying() {
  verify_->Start({.state_dir = config_.state_dir,
                  .kubelet_root = config_.kubelet_root,
                  .runtime_socket = config_.upstream_socket,
                  .interval = config_.verify_interval,
                  .call =
                      [this](std::string_view method, std::string request) {
                        return server_->CallUpstream(method, std::move(request), kLookTimeout);
                      },
                  .namespaces = Namespaces(),
                  .thread = std::move(looker_)});
  return true;
}

bool Daemon::Listen() {
  absl::StatusOr<Listener> listener = Listener::Open(config_.listen_socket, config_.listen_group);
  if (!listener.ok()) {
    log::Error(listener.status().ToString());
    return false;
  }
  listener_.emplace(std::move(listener).value());
  intake_.emplace(config_.listen_socket, listener_->group(), *server_);
  acceptor_ = std::make_unique<Acceptor>(
      listener_->fd(), [this](base::UniqueFd connection) { intake_->Take(std::move(connection)); });
  return true;
}

bool Daemon::SayReady() {
  log::Info(base::StrCat("serving ", config_.listen_socket, " before ", config_.upstream_socket,
                         ", ", Status()));
  status_file_.emplace(config_.listen_socket, config_.upstream_socket);
  WriteStatus();
  view_.emplace(AgentView::Parts{.config = config_,
                                 .snapshots = *snapshots_,
                                 .audit = *audit_,
                                 .server = *server_,
                                 .enforcer = *enforcer_,
                                 .profiles = profiles_.profiles(),
                                 .cluster = cluster_.get(),
                                 .reloads = reloads_,
                                 .refusals = refusals_,
                                 .verify = *verify_,
                                 .status = *status_file_,
                                 .pulse = *pulse_,
                                 .metrics = metrics_});
  endpoints_.emplace(config_, *view_);
  NotifyReady(Status());
  GiveBackStartPages();
  return true;
}

void Daemon::WriteStatus() {
  const std::shared_ptr<const config::Snapshot> snapshot = snapshots_->Get();
  status::AgentStatus now;
  now.policy_file = std::filesystem::path(snapshot->files.front()).filename().string();
  now.policy_sha256 = snapshot->hash;
  now.policy_generation = snapshot->generation;
  now.policy_revision = snapshot->revision;
  now.last_reload_failed = last_reload_failed_;
  now.calls_answered = server_->answered();
  now.node = node_.name;
  now.group = node_.group;
  if (cluster_ != nullptr) {
    now.kubernetes = StatusOf(*cluster_);
  }
  status_file_->Write(std::move(now));
}

std::string Daemon::Status() const {
  const std::shared_ptr<const config::Snapshot> snapshot = snapshots_->Get();
  std::string status = base::StrCat(
      "policy ", snapshot->hash.substr(0, 12), ", generation ", snapshot->generation,
      snapshot->revision.has_value() ? base::StrCat(", revision ", *snapshot->revision) : "");
  if (last_reload_failed_) {
    status += "; THE LAST RELOAD FAILED, see the log";
  }
  if (const audit::SinkStats stats = audit_->stats(); stats.lost > 0) {
    status += base::StrCat("; ", stats.lost, " audit records lost");
    if (!stats.last_error.empty()) {
      status += base::StrCat(" (", stats.last_error, ")");
    }
  }
  if (enforcer_ != nullptr && enforcer_->seccomp_ignored() > 0) {
    status += base::StrCat("; ", enforcer_->seccomp_ignored(),
                           " privileged containers without a seccomp filter");
  }
  return status;
}

// The agent's own settings are frozen at the start, so a change of them is worth a word.
void Daemon::CompareConfig() const {
  const config::LoadResult<config::AgentConfig> now = config::LoadAgentConfig(options_.config_file);
  LogAll(now.errors, log::Error);
  if (!now.ok() || now.value != config_as_read_) {
    log::Warn(
        base::StrCat(options_.config_file,
                     " is not what this agent was started with; restart it to apply a change"));
  }
}

void Daemon::Reload() {
  NotifyReloading();
  CompareConfig();
  AskForGroupIfNeeded();
  std::vector<std::string> errors = LoadPolicyFor(IdentityOf(config_, cluster_.get()));
  last_reload_failed_ = !errors.empty();
  reloads_.Reloaded(std::move(errors));
  if (last_reload_failed_) {
    log::Error(base::StrCat("reload refused, the last good policy stays in force: ", Status()));
  } else {
    log::Info(base::StrCat("reloaded: ", Status()));
  }
  WriteStatus();
  NotifyReady(Status());
}

// The API server may say after a while, or say anew, which group this node is of. A policy of the
// new group that is refused is tried again with the next reload, not every round.
void Daemon::FollowGroup() {
  const config::NodeIdentity node = IdentityOf(config_, cluster_.get());
  if (node == node_) {
    return;
  }
  log::Info(base::StrCat("this node is of the group \"", node.group, "\" now"));
  Reload();
  node_ = node;
}

void Daemon::LookAround() {
  // The watchdog is fed only when every queue came round since the last time: a queue that hangs
  // must not be hidden by a main thread that does not.
  if (queues_answered_->exchange(false)) {
    NotifyWatchdog();
    server_->Ping([answered = queues_answered_, pulse = pulse_] {
      *answered = true;
      pulse->Answered();
    });
  }
  if (const audit::SinkStats stats = audit_->stats(); stats.lost != audit_lost_seen_) {
    log::Error(base::StrCat(
        "the audit log lost ", stats.lost - audit_lost_seen_,
        " records: ", stats.last_error.empty() ? "it can be written again" : stats.last_error));
    audit_lost_seen_ = stats.lost;
    NotifyStatus(Status());
  }
  profiles_.LookAround(*server_);
  free_heap_.LookAround(FreeHeap::Clock::now());
  FollowGroup();
  WriteStatus();
}

void Daemon::RunUntilStopped() {
  const milliseconds round = std::min(WatchdogInterval().value_or(kRound), kRound);
  for (;;) {
    const std::optional<int> signal = signals_.Wait(round);
    if (signal == SIGHUP) {
      Reload();
    } else if (signal == SIGUSR1) {
      audit_->Reopen();
    } else if (signal.has_value()) {
      return;
    }
    // The kernel hands out the lowest number first: SIGHUP again and again would hide SIGTERM.
    if (signals_.StopIsPending()) {
      return;
    }
    LookAround();
  }
}

// The stop checklist: no new connections, then the calls under way, then the log of them. Runs to
// its end whatever state the start came to.
void Daemon::Stop() {
  NotifyStopping();
  NotifyMoreTime(config_.drain_timeout + kMargin);
  endpoints_.reset();
  acceptor_.reset();
  view_.reset();
  status_file_.reset();
  // Before the drain: who connects now is told at once, and does not wait in a backlog that nobody
  // empties. A socket that systemd passed stays open there, for the next process.
  listener_.reset();
  if (verify_.has_value()) {
    verify_->TellToStop();
  }
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::duration_cast<milliseconds>(config_.drain_timeout));
  }
  // After the last container that was created: it is entered in the ledger.
  if (verify_.has_value()) {
    verify_->Stop();
  }
  if (audit_ != nullptr) {
    audit_->Flush();
  }
  if (enforcer_ != nullptr && enforcer_->seccomp_ignored() > 0) {
    log::Info(base::StrCat(enforcer_->seccomp_ignored(),
                           " containers were let through as privileged, which the runtime gives no "
                           "seccomp filter"));
  }
}

}  // namespace

int Serve(const ServeOptions& options) {
  relay::LimitGrpcLog(log::Warn);
  Daemon daemon(options);
  const bool started = daemon.Start();
  if (started) {
    daemon.RunUntilStopped();
    log::Info("stopping");
  }
  daemon.Stop();
  // Who is told to stop while it still waits for the runtime has not failed.
  return started || daemon.ToldToStop() ? 0 : 1;
}

}  // namespace sekisho::app
