#include "enforce/profiles.h"

#include <vector>

#include "enforce/parse.h"
#include "runtime/v1/api.pb.h"
#include "seccomp/profile.h"

namespace sekisho::enforce {

namespace {

// Everything is logged, and nothing refused, on every architecture that programs of this machine
// may be for: calls of one that a filter does not name are killed.
seccomp::Profile AuditAll() {
  seccomp::Profile profile = {.default_action = seccomp::Action::kLog,
                              .architectures = {seccomp::NativeArch()}};
  for (const seccomp::ArchMapEntry& entry : seccomp::RuntimeDefault().arch_map) {
    if (entry.architecture == seccomp::NativeArch()) {
      profile.architectures.insert(profile.architectures.end(), entry.sub_architectures.begin(),
                                   entry.sub_architectures.end());
    }
  }
  return profile;
}

}  // namespace

seccomp::ProfileFacts Profiles::Look(const std::string& path, const seccomp::Demands& demands,
                                     caps::CapSet capabilities) const {
  seccomp::ProfileFacts facts;
  if (seccomp::Store* store = store_->load()) {
    facts = *store->Look(path, demands, capabilities);
  } else {
    facts.path = path;
    facts.state = seccomp::ProfileFacts::State::kNotPinned;
    facts.fault = why_;
  }
  (*judgements_)[static_cast<size_t>(facts.state)].fetch_add(1, std::memory_order_relaxed);
  return facts;
}

std::map<std::string, uint64_t> Profiles::Judgements() const {
  std::map<std::string, uint64_t> counts;
  for (size_t i = 0; i < judgements_->size(); ++i) {
    const auto state = static_cast<seccomp::ProfileFacts::State>(i);
    counts[std::string(seccomp::ProfileStateName(state))] = (*judgements_)[i];
  }
  return counts;
}

bool Profiles::MayName(std::string_view request) const {
  return store_->load() != nullptr && request.find(directory_) != std::string_view::npos;
}

absl::StatusOr<std::string> Profiles::LoggingProfile(seccomp::Store& store) {
  static const seccomp::Profile kAuditAll = AuditAll();
  return store.Pin(kAuditAll);
}

std::optional<Profiles::Logged> Profiles::LoggedBy(const policy::PodIdentity& pod,
                                                   const std::string& container) const {
  seccomp::Store* store = store_->load();
  if (store == nullptr || recordings_ == nullptr || !recordings_->Any()) {
    return std::nullopt;
  }
  const std::optional<record::Recording> recording =
      recordings_->Matching(pod.namespace_, pod.name, container);
  if (!recording.has_value()) {
    return std::nullopt;
  }
  absl::StatusOr<std::string> path = LoggingProfile(*store);
  // What cannot be logged is judged as ever; the recorder misses the container and says so.
  return path.ok() ? std::optional(Logged{recording->id, *std::move(path)}) : std::nullopt;
}

void Profiles::Use(const record::RecordedContainer& container,
                   const std::string& pinned_path) const {
  seccomp::Store* store = store_->load();
  if (store == nullptr) {
    return;
  }
  // The runtime has read the file by now. That its use is not recorded costs at most a copy that is
  // made again for the container's next start.
  (void)store->Use(container.id, pinned_path);
  if (recordings_ != nullptr && recordings_->Any() &&
      LoggingProfile(*store).value_or("") == pinned_path) {
    // Its recorder takes records of a container that it was not told of for somebody else's, and
    // does not call its profile complete.
    (void)recordings_->Created(container);
  }
}

void Profiles::Release(std::string_view container_id) const {
  if (seccomp::Store* store = store_->load()) {
    store->Release(container_id);
  }
}

absl::Status Profiles::Collect(const std::string& list_containers_response, size_t keep) const {
  runtime::v1::ListContainersResponse response;
  if (!Parse(list_containers_response, response)) {
    return absl::InternalError("the runtime's list of containers cannot be read");
  }
  std::vector<std::string> ids;
  for (const runtime::v1::Container& container : response.containers()) {
    ids.push_back(container.id());
  }
  if (seccomp::Store* store = store_->load()) {
    store->Collect(ids, keep);
  }
  return absl::OkStatus();
}

std::optional<seccomp::ContainerdVersion> ContainerdOf(const std::string& version_response) {
  runtime::v1::VersionResponse response;
  if (!Parse(version_response, response) || response.runtime_name() != "containerd") {
    return std::nullopt;
  }
  return seccomp::ContainerdVersionFrom(response.runtime_version());
}

}  // namespace sekisho::enforce
