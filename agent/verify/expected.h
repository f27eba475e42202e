// What the kernel must say of a container's first process, given what the runtime was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "caps/cap_set.h"
#include "policy/facts.h"

namespace sekisho::verify {

// Bounds, not values: a process may be held tighter than it was asked for, and may have given up
// capabilities or changed its user by itself.
struct Expected {
  bool seccomp_filter = false;      // at least one filter
  caps::CapSet bounding = {};       // at most these capabilities, in each of its sets
  bool no_new_privs = false;        // set
  std::optional<int64_t> uid = {};  // asked for by number; a process may have left uid 0 by itself
  bool non_root = false;            // the number that was asked for is not 0
  // What uid 0 of the container is to the host: another number in a user namespace.
  int64_t root_uid = 0;
  std::set<std::string> own_namespaces = {};  // must differ from the host's: "mnt", "pid", "net", …
  bool root_read_only = false;
  // The AppArmor profile that must be in force: a Localhost profile's name; "*" for any (the
  // runtime's default). Empty: none was asked for, or the host has no AppArmor to enforce it.
  std::string apparmor = {};

  friend bool operator==(const Expected&, const Expected&) = default;
};

// From the request that was forwarded: after the edits. `container.privileged` expects nothing of
// seccomp, capabilities and the LSM.
//
// Not covered: which filter is attached (only that there is one), masked paths and mounts, groups,
// SELinux labels, the private cgroup namespace that some runtimes make, and the AppArmor profile of
// a container that asked for none (the runtime may be told to use none).
Expected ExpectedOf(const policy::SandboxFacts& sandbox, const policy::ContainerFacts& container);

// One JSON object without line feeds, as the ledger keeps it. ParseExpected() is strict about what
// it knows and passes over members that it does not, which a later agent may have written.
std::string ToJson(const Expected& expected);
absl::StatusOr<Expected> ParseExpected(std::string_view json);

}  // namespace sekisho::verify
