// From a file's bytes to what is to be said of it, for one kind of container. No cache and no file
// but the one that is handed in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "caps/cap_set.h"
#include "seccomp/demands.h"
#include "seccomp/profile.h"
#include "seccomp/trusted_open.h"
#include "seccomp/verdicts.h"

namespace sekisho::seccomp {

// What is worth remembering of a file's bytes.
struct Content {
  std::string digest;      // SHA-256, hex
  std::string fault = {};  // not empty: no profile, and why
  Format format = Format::kOci;
  caps::CapSet relevant = {};  // capabilities that its conditions name (Docker's format)
};

struct Loaded {
  std::shared_ptr<const Content> content;
  std::optional<Profile> profile;  // nothing when the content has a fault
  Identity identity;
  bool settled = false;
};
// Reads and parses. An error: see ReadTrusted.
absl::StatusOr<Loaded> Load(const Located& located);

// How a profile is read for a container.
struct Reading {
  enum class Kind { kAsWritten, kAsContainerdReads, kResolved };
  Kind kind = Kind::kAsWritten;
  caps::CapSet capabilities = {};  // kResolved: those that matter

  // The same for readings that have the same result.
  std::string Key() const;
};
Reading ReadingFor(const Content& content, DockerFormat docker_format, caps::CapSet capabilities);

// A profile compiled and followed, with the bytes that are to be pinned: exactly what was judged.
struct Prepared {
  std::string fault;  // not empty: why not; nothing else is set then
  std::string bytes;
  Verdicts verdicts;
  bool unconfined_in_disguise = false;
  std::vector<std::string> refused_but_needed;
};
// Leaves out names that this libseccomp does not know where their rule may execute them: nothing
// can be said of them here, and the runtime's own libseccomp may know them. In rules that refuse
// they stay.
Prepared Prepare(const Profile& profile, const Reading& reading);

// Held against a policy.
struct Findings {
  std::string fault;  // not empty: that could not be found out
  std::vector<std::string> beyond_floor;
  std::vector<std::string> must_deny_allowed;
};
// `floor` may be null: none is demanded.
Findings HoldAgainst(const Verdicts& verdicts, const Verdicts* floor,
                     const std::vector<std::string>& must_deny);

// Whether any case of the call may be executed on any of the filter's architectures, directly or by
// way of socketcall(2) and ipc(2) where an architecture has these. A name that no libseccomp knows
// is as the filter's default has it.
bool MayExecuteSome(const Verdicts& verdicts, const std::string& syscall);

}  // namespace sekisho::seccomp
