// The profiles that others are compared with.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "caps/cap_set.h"
#include "seccomp/demands.h"
#include "seccomp/judgement.h"
#include "seccomp/lru.h"
#include "seccomp/once_cache.h"
#include "seccomp/profile.h"
#include "seccomp/runtime_default.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {

// Each compiled once for a relevant set of capabilities. Thread-safe.
class Floors {
 public:
  explicit Floors(ContainerdVersion containerd);

  // What the floor is now; null for Kind::kNone. RuntimeDefault costs nothing; a file is looked at
  // (a few microseconds), and read when it is new or has changed. It is opened by the rules of
  // Locate, below the directory that it is in. An error speaks of the floor, path first.
  absl::StatusOr<std::shared_ptr<const Content>> Identify(const Floor& floor);

  // `content` is what Identify returned, not null. A floor in Docker's format is resolved for the
  // capabilities.
  absl::StatusOr<std::shared_ptr<const Verdicts>> VerdictsOf(const Floor& floor,
                                                             const Content& content,
                                                             caps::CapSet capabilities);

 private:
  struct Compiled {
    absl::StatusOr<std::shared_ptr<const Verdicts>> verdicts;
  };
  struct File {
    Identity identity;
    bool settled = false;
    std::shared_ptr<const Content> content;
  };

  absl::StatusOr<Loaded> Reload(const std::string& path, const Located& located);

  const Profile& runtime_default_profile_;
  const std::shared_ptr<const Content> runtime_default_;
  std::mutex mu_;
  Lru<File> files_;
  OnceCache<Compiled> compiled_;
};

}  // namespace sekisho::seccomp
