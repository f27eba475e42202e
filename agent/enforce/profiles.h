// The seccomp profile files of this node, as a judge asks of them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caps/cap_set.h"
#include "policy/facts.h"
#include "record/recordings.h"
#include "seccomp/demands.h"
#include "seccomp/profile_facts.h"
#include "seccomp/runtime_default.h"
#include "seccomp/store.h"

namespace sekisho::enforce {

class Profiles {
 public:
  // Both outlive it; `directory` is where the store keeps its copies. Without `recordings` nothing
  // is recorded.
  Profiles(seccomp::Store& store, std::string directory,
           const record::Recordings* recordings = nullptr)
      : Profiles("", std::move(directory), recordings) {
    Open(store);
  }
  // Without a store nothing can be judged and copied, so that no file is usable: `why` is said of
  // each. The agent still serves: other containers need no file.
  explicit Profiles(std::string why, std::string directory = "",
                    const record::Recordings* recordings = nullptr)
      : recordings_(recordings), directory_(std::move(directory)), why_(std::move(why)) {}
  // From now on there is a store, which outlives it and keeps its copies in the directory. Any
  // thread may be in any of the others meanwhile.
  void Open(seccomp::Store& store) { store_->store(&store); }

  // What is to be said of the file at `path` for a container with `capabilities`.
  seccomp::ProfileFacts Look(const std::string& path, const seccomp::Demands& demands,
                             caps::CapSet capabilities) const;

  // How often Look came to each state since the start, by seccomp::ProfileStateName. Thread-safe.
  std::map<std::string, uint64_t> Judgements() const;

  // The recording that this container belongs to, and the copy of the profile that logs everything.
  struct Logged {
    std::string recording;
    std::string profile_path;
  };
  std::optional<Logged> LoggedBy(const policy::PodIdentity& pod,
                                 const std::string& container) const;

  // Whether the serialised request may name a copy of ours: all others need not be parsed.
  bool MayName(std::string_view request) const;
  // A container was created with a copy.
  void Use(const record::RecordedContainer& container, const std::string& pinned_path) const;
  void Release(std::string_view container_id) const;
  // Given a serialised ListContainersResponse of all containers: what none of them uses is removed,
  // but for the newest `keep`.
  absl::Status Collect(const std::string& list_containers_response, size_t keep) const;

 private:
  // The copy of the profile that logs everything; an error when there can be none.
  static absl::StatusOr<std::string> LoggingProfile(seccomp::Store& store);

  // Shared, as the counts are, since a Profiles can be copied.
  using StorePointer = std::atomic<seccomp::Store*>;
  std::shared_ptr<StorePointer> store_ = std::make_shared<StorePointer>(nullptr);
  const record::Recordings* recordings_ = nullptr;
  std::string directory_;
  std::string why_;
  // By seccomp::ProfileFacts::State.
  using Counts = std::array<std::atomic<uint64_t>, seccomp::kProfileStateCount>;
  std::shared_ptr<Counts> judgements_ = std::make_shared<Counts>();
};

// Which containerd a serialised VersionResponse is of; nothing when it is another runtime's.
std::optional<seccomp::ContainerdVersion> ContainerdOf(const std::string& version_response);

}  // namespace sekisho::enforce
