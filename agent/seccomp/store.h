// Profile files: read safely, judged once, and pinned, so that what was judged is what runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caps/cap_set.h"
#include "seccomp/demands.h"
#include "seccomp/profile.h"
#include "seccomp/profile_facts.h"
#include "seccomp/runtime_default.h"

namespace sekisho::seccomp {

struct StoreOptions {
  std::string seccomp_root = "/var/lib/kubelet/seccomp";  // where pods' profiles lie
  std::string directory = "/var/lib/sekisho/seccomp";     // Sekisho's own: pins and who uses them
  size_t pins_max = 1024;
  size_t judgements_max = 4096;  // kept in memory, by content
  size_t uses_max = 16384;       // containers
  // Whose RuntimeDefault Floor::kRuntimeDefault means.
  ContainerdVersion containerd = ContainerdVersion::k2_2_4;
  // How long a pin that Look gave out, and a use that is not in Collect's list, are left alone.
  std::chrono::steady_clock::duration grace = std::chrono::minutes(1);
};

// Thread-safe.
class Store final {
 public:
  // Makes the directory (mode 0700) where it is missing and reads what is pinned.
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // What is to be said of `path` for a container with `capabilities`. On every call the file and
  // each directory from the seccomp root to it are opened and judged anew (trusted_open.h), the
  // file's identity is compared with what is known, and so are the floor's when it is a file, and
  // the pinned copy's: a few microseconds. Only a file that is new or has changed is read and
  // hashed, and only a content that is new, or is asked about for the first time in this way,
  // compiled, compared and pinned. Never throws and never fails: the state says what is wrong, and
  // nothing that is wrong is usable.
  //
  // What is judged is what is pinned: the rendered text of the very profile that was compiled (see
  // Prepare in judgement.h for what is left out of it).
  std::shared_ptr<const ProfileFacts> Look(const std::string& path, const Demands& demands,
                                           caps::CapSet capabilities);

  // The path of a copy of a profile of our own, which nobody needs to judge. Errors as the disk has
  // them. FAILED_PRECONDITION: it is of Docker's format.
  absl::StatusOr<std::string> Pin(const Profile& profile);

  // A container that was created with a pin: it stays until the container is removed, also over a
  // restart. NOT_FOUND: `pinned_path` is no pin. INVALID_ARGUMENT: no container's id.
  absl::Status Use(std::string_view container_id, std::string_view pinned_path);
  void Release(std::string_view container_id);
  // Forgets the uses of containers that there are no more, and of the pins that nobody uses removes
  // all but the `keep` that were given out last. What was given out or used in the last minute (see
  // StoreOptions::grace) stays: its container may be younger than the list.
  void Collect(const std::vector<std::string>& live_container_ids, size_t keep);

  // Judges every file below the root now, and again whenever one changes (inotify), in a thread of
  // its own, until the store is destroyed: so that a create seldom meets an unknown file. Pins
  // nothing. A profile of Docker's format is judged for a container with containerd's default
  // capabilities.
  absl::Status Watch();

  struct Stats {
    uint64_t looks = 0;
    uint64_t compiled = 0;  // judgements that were made, by a look or ahead of it
    uint64_t files = 0;     // known below the root; 0 without Watch
    uint64_t pins = 0;
    uint64_t uses = 0;
    uint64_t watch_overflows = 0;
    uint64_t foreign = 0;  // met at the start in Sekisho's own directory: neither pin nor use
  };
  Stats stats() const;

 private:
  class Parts;
  explicit Store(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace sekisho::seccomp
