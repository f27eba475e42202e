#include "app/profile_keeper.h"

#include <string>
#include <utility>

#include "base/str_cat.h"
#include "log/log.h"

namespace sekisho::app {
namespace {

// How often copies of seccomp profiles that no container uses are looked for, and how many of them
// are kept, since the next pod is likely to want them again.
constexpr std::chrono::minutes kCollectInterval{30};
constexpr size_t kProfilesKept = 64;

// What RuntimeDefault means here. Asked of the runtime once: after an upgrade of it the agent has
// to be restarted.
seccomp::ContainerdVersion FloorVersion(relay::Server& runtime) {
  absl::StatusOr<std::string> answer =
      runtime.CallUpstream("/runtime.v1.RuntimeService/Version", "", std::chrono::seconds(10));
  if (const std::optional<seccomp::ContainerdVersion> version =
          enforce::ContainerdOf(answer.value_or(""))) {
    return *version;
  }
  log::Warn(
      "the runtime does not say which containerd it is; as a floor RuntimeDefault is the "
      "newest one's that this build knows");
  return seccomp::StoreOptions().containerd;
}

}  // namespace

void ProfileKeeper::Open(const config::AgentConfig& config, relay::Server& runtime) {
  options_ = {.seccomp_root = base::StrCat(config.kubelet_root, "/seccomp"),
              .directory = base::StrCat(config.state_dir, "/seccomp"),
              .containerd = FloorVersion(runtime)};
  recordings_.emplace(config.state_dir);
  const absl::Status status = OpenStore();
  profiles_ =
      enforce::Profiles(status.ok() ? "" : base::StrCat("cannot be copied: ", status.message()),
                        options_.directory, &*recordings_);
  if (!status.ok()) {
    log::Error(base::StrCat(status.message(),
                            "; containers with a Localhost seccomp profile are refused"));
    return;
  }
  Begin(runtime);
}

absl::Status ProfileKeeper::OpenStore() {
  absl::StatusOr<std::unique_ptr<seccomp::Store>> store = seccomp::Store::Open(options_);
  if (!store.ok()) {
    return store.status();
  }
  store_ = *std::move(store);
  return absl::OkStatus();
}

void ProfileKeeper::Begin(relay::Server& runtime) {
  profiles_.Open(*store_);
  if (const absl::Status watching = store_->Watch(); !watching.ok()) {
    log::Warn(
        base::StrCat("seccomp profiles are judged when they are first used: ", watching.message()));
  }
  Collect(runtime);
}

void ProfileKeeper::LookAround(relay::Server& runtime) {
  if (store_ == nullptr) {
    if (OpenStore().ok()) {
      log::Info(base::StrCat(options_.directory,
                             " can be written now: containers with a Localhost seccomp profile are "
                             "judged"));
      Begin(runtime);
    }
    return;
  }
  if (std::chrono::steady_clock::now() - collected_ >= kCollectInterval) {
    Collect(runtime);
  }
}

void ProfileKeeper::Collect(relay::Server& runtime) {
  collected_ = std::chrono::steady_clock::now();
  // An empty message is a whole ListContainersRequest: all of them.
  const absl::StatusOr<std::string> containers = runtime.CallUpstream(
      "/runtime.v1.RuntimeService/ListContainers", "", std::chrono::seconds(10));
  const absl::Status status =
      containers.ok() ? profiles_.Collect(*containers, kProfilesKept) : containers.status();
  if (!status.ok()) {
    log::Warn(base::StrCat("unused seccomp profiles are kept: ", status.ToString()));
  }
}

}  // namespace sekisho::app
