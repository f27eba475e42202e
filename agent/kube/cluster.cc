#include "kube/cluster.h"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/str_cat.h"
#include "config/snapshot.h"
#include "kube/events.h"
#include "kube/http_loop.h"
#include "kube/namespace_cache.h"
#include "kube/namespace_store.h"
#include "kube/node_store.h"
#include "kube/notice.h"
#include "kube/notice_queue.h"
#include "kube/reflector.h"
#include "log/log.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

// How often the figures are published, and what changed is looked at.
constexpr std::chrono::seconds kRound{2};
// How soon a change is on disk, and how old the time of the last word may be there.
constexpr std::chrono::seconds kWriteSoon{5};
constexpr std::chrono::minutes kWriteAge{10};
// The nodes of a cluster that start together do not list together. With a copy on disk there is no
// hurry, since it says what the labels were.
constexpr std::chrono::seconds kJitterWithoutCopy{2};
constexpr std::chrono::seconds kJitterWithCopy{10};

constexpr size_t kGroupBytesMax = 1024;
constexpr mode_t kPrivate = 0600;

std::string ServerOf(const CredentialsOptions& options) {
  const auto credentials = CredentialsReader(options).Read();
  return credentials.ok() ? (*credentials)->server : "";
}

}  // namespace

class Cluster::Impl {
 public:
  explicit Impl(ClusterOptions options)
      : options_(std::move(options)),
        server_(ServerOf(options_.credentials)),
        cache_(StrCat(options_.directory, "/namespaces.json"), server_),
        node_(options_.node_name, options_.group_label),
        loop_({.credentials = options_.credentials, .user_agent = options_.user_agent}),
        notices_([this] { loop_.Wake(); }) {
    Restore();
    RestoreGroup();
  }

  ~Impl() {
    if (thread_.joinable()) {
      loop_.Stop();
      thread_.join();
      WriteCache();
    }
  }

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  policy::NamespaceView View() const { return namespaces_.View(); }

  void Note(const audit::Record& record) {
    if (!options_.events) {
      return;
    }
    if (std::vector<Notice> notices = NoticesOf(record); !notices.empty()) {
      notices_.Put(std::move(notices));
    }
  }

  void AskForGroup() {
    if (!group_asked_.exchange(true)) {
      loop_.Wake();
    }
  }

  std::optional<std::string> group() const {
    const std::lock_guard lock(mu_);
    return group_;
  }

  ClusterStats stats() const {
    const std::lock_guard lock(mu_);
    return stats_;
  }

 private:
  void Restore() {
    absl::StatusOr<NamespaceCopy> copy = cache_.Read();
    if (copy.ok()) {
      resource_version_ = copy->resource_version;
      written_ = copy->confirmed;
      namespaces_.Restore(*std::move(copy));
      changes_written_ = namespaces_.changes();
    } else if (!absl::IsNotFound(copy.status())) {
      cache_error_ = std::string(copy.status().message());
      log::Error(
          StrCat(cache_error_, "; namespace labels are unknown until the API server says them"));
    }
  }

  std::string GroupFile() const { return StrCat(options_.directory, "/node-group"); }

  // "worker-1 gpu": another node's is not this one's, when a disk was copied.
  void RestoreGroup() {
    const absl::StatusOr<std::string> text = base::ReadFile(GroupFile(), kGroupBytesMax);
    const std::string beginning = StrCat(options_.node_name, " ");
    if (text.ok() && text->starts_with(beginning) && text->ends_with("\n")) {
      TakeGroup(text->substr(beginning.size(), text->size() - beginning.size() - 1));
    }
  }

  // The value becomes part of a file's name.
  bool TakeGroup(const std::string& value) {
    if (!value.empty() && !config::IsPlainName(value)) {
      return false;
    }
    const std::lock_guard lock(mu_);
    if (group_ == value) {
      return false;
    }
    group_ = value;
    return true;
  }

  void Run() {
    const bool has_copy = !resource_version_.empty();
    namespaces_reflector_.emplace(
        ReflectorOptions{.what = "namespaces",
                         .path = "/api/v1/namespaces",
                         .query = {},
                         .resource_version = resource_version_,
                         .start_jitter = has_copy ? kJitterWithCopy : kJitterWithoutCopy},
        loop_, namespaces_);
    if (options_.events) {
      events_.emplace(EventOptions{.node = options_.node_name}, loop_);
    }
    namespaces_reflector_->Start();
    LookAround();
    loop_.Run([this] { OnWake(); });
    // On the thread that they belong to.
    node_reflector_.reset();
    events_.reset();
    namespaces_reflector_.reset();
  }

  void OnWake() {
    if (group_asked_ && !node_reflector_.has_value()) {
      node_reflector_.emplace(
          ReflectorOptions{.what = StrCat("node ", options_.node_name),
                           .path = "/api/v1/nodes",
                           .query = StrCat("fieldSelector=metadata.name%3D", options_.node_name),
                           .resource_version = {},
                           .start_jitter = {}},
          loop_, node_);
      node_reflector_->Start();
    }
    if (const std::vector<Notice> notices = notices_.TakeAll(); !notices.empty()) {
      events_->Add(notices);
    }
  }

  void LookAround() {
    loop_.After(kRound, [this] { LookAround(); });
    KeepGroup();
    if (namespaces_.View().synced && !std::exchange(said_synced_, true)) {
      log::Info(StrCat("kube: in sync with ", server_, ", ",
                       namespaces_.View().table->namespaces().size(), " namespaces"));
    }
    const Loop::TimePoint now = loop_.Now();
    if (namespaces_.changes() == changes_written_) {
      changed_.reset();
    } else if (!changed_.has_value()) {
      changed_ = now;
    }
    if ((changed_.has_value() && now - *changed_ >= kWriteSoon) || now - tried_ >= kWriteAge) {
      tried_ = now;
      changed_.reset();
      WriteCache();
    }
    PublishStats();
  }

  void KeepGroup() {
    const std::optional<std::string> value = node_.label();
    if (!value.has_value() || !TakeGroup(*value)) {
      return;
    }
    log::Info(StrCat("node ", options_.node_name, " is of the group \"", *value, "\""));
    const std::string line = StrCat(options_.node_name, " ", *value, "\n");
    (void)::mkdir(options_.directory.c_str(), 0700);  // what goes wrong the writing says
    if (const absl::Status status = base::WriteFileAtomically(GroupFile(), line, kPrivate);
        !status.ok()) {
      log::Warn(StrCat("the group is not kept over a restart: ", status.message()));
    }
  }

  void WriteCache() {
    const NamespaceCopy copy = namespaces_.Copy();
    const bool changed = namespaces_.changes() != changes_written_;
    if (!namespaces_.View().synced || (!changed && copy.confirmed == written_)) {
      return;
    }
    const absl::Status status = cache_.Write(copy);
    const std::string error = status.ok() ? "" : std::string(status.message());
    if (!error.empty() && error != cache_error_) {
      log::Error(StrCat("namespace labels are not kept over a restart: ", error));
    }
    cache_error_ = error;
    if (status.ok()) {
      changes_written_ = namespaces_.changes();
      written_ = copy.confirmed;
    }
  }

  void PublishStats() {
    const policy::NamespaceView view = namespaces_.View();
    const Reflector::Stats& of_list = namespaces_reflector_->stats();
    ClusterStats stats{.server = server_,
                       .synced = view.synced,
                       .age_seconds = {},
                       .namespaces = view.table->namespaces().size(),
                       .lists = of_list.lists,
                       .watches = of_list.watches,
                       .changes = of_list.changes,
                       .failures = of_list.failures,
                       .bytes_received = of_list.bytes,
                       .rounds = loop_.rounds(),
                       .last_error = of_list.last_error,
                       .cache_error = cache_error_,
                       .events_error = {}};
    if (view.age.has_value()) {
      stats.age_seconds = view.age->count();
    }
    if (events_.has_value()) {
      stats.events_created = events_->stats().created;
      stats.events_updated = events_->stats().updated;
      stats.events_dropped = events_->stats().dropped;
      stats.events_error = events_->stats().last_error;
    }
    stats.events_dropped += notices_.dropped();
    const std::lock_guard lock(mu_);
    stats_ = std::move(stats);
  }

  const ClusterOptions options_;
  const std::string server_;
  const NamespaceCache cache_;
  NamespaceStore namespaces_;
  NodeStore node_;
  HttpLoop loop_;
  NoticeQueue notices_;
  std::atomic<bool> group_asked_ = false;

  // Of the loop's thread, once it runs.
  std::optional<Reflector> namespaces_reflector_;
  std::optional<Reflector> node_reflector_;
  std::optional<EventRecorder> events_;
  std::string resource_version_;  // of what was on disk
  bool said_synced_ = false;
  uint64_t changes_written_ = 0;
  std::chrono::sys_seconds written_{};
  std::optional<Loop::TimePoint> changed_;                    // since when something is not on disk
  Loop::TimePoint tried_ = std::chrono::steady_clock::now();  // to write
  std::string cache_error_;

  mutable std::mutex mu_;  // of what follows
  std::optional<std::string> group_;
  ClusterStats stats_;

  std::thread thread_;
};

Cluster::Cluster(ClusterOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Cluster::~Cluster() = default;

void Cluster::Start() {
  impl_->Start();
}
policy::NamespaceView Cluster::View() const {
  return impl_->View();
}
void Cluster::Note(const audit::Record& record) {
  impl_->Note(record);
}
void Cluster::AskForGroup() {
  impl_->AskForGroup();
}
std::optional<std::string> Cluster::group() const {
  return impl_->group();
}
ClusterStats Cluster::stats() const {
  return impl_->stats();
}

}  // namespace sekisho::kube
