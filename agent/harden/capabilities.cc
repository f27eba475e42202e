#include "harden/capabilities.h"

#include <cap-ng.h>
#include <unistd.h>

#include <array>

#include "base/str_cat.h"
#include "procfs/process.h"

namespace sekisho::harden {
namespace {

// One row for now. What is not here, and why nobody misses it: the sockets' folders, /etc/sekisho
// and the kubelet's folder are root's, who owns them (no DAC_OVERRIDE); a socket's group is one of
// ours (JoinGroup; no CHOWN); a process that we signal is our own (no KILL); limits are only
// lowered (no SYS_RESOURCE); no port below 1024 is bound, nothing is mounted, and no filter but our
// own is loaded, which takes no_new_privs alone.
constexpr std::array<KeptCapability, 1> kKept = {{
    {"SYS_PTRACE",
     "to read which namespaces a container's process is in, and whether its root is read-only "
     "(PTRACE_MODE_READ, ptrace(2))"},
}};

caps::CapSet Held(const procfs::Process& self) {
  return caps::CapSet(self.permitted.mask() | self.effective.mask() | self.inheritable.mask() |
                      self.ambient.mask());
}

}  // namespace

std::span<const KeptCapability> KeptCapabilities() {
  return kKept;
}

caps::CapSet KeptSet() {
  uint64_t mask = 0;
  for (const KeptCapability& kept : kKept) {
    mask |= caps::CapSet::Of({kept.name}).mask();
  }
  return caps::CapSet(mask);
}

absl::Status DropCapabilities() {
  const absl::StatusOr<procfs::Process> self = procfs::ReadProcess("/proc", ::getpid());
  if (!self.ok()) {
    return self.status();
  }
  const uint64_t kept = KeptSet().mask();
  const uint64_t too_much = Held(*self).mask() & ~kept;
  const bool bounding = (self->bounding.mask() & ~kept) != 0 &&
                        self->effective.Has(caps::NumberOf("SETPCAP").value_or(0));
  if (too_much == 0 && !bounding) {
    return absl::OkStatus();
  }
  if (capng_get_caps_process() != 0) {
    return absl::InternalError("libcap-ng cannot read this process' capabilities");
  }
  capng_clear(CAPNG_SELECT_ALL);
  constexpr auto kSets =
      static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
  for (const KeptCapability& one : kKept) {
    const int number = caps::NumberOf(one.name).value_or(-1);
    if (self->permitted.Has(number) &&
        capng_update(CAPNG_ADD, kSets, static_cast<unsigned int>(number)) != 0) {
      return absl::InternalError(base::StrCat("libcap-ng cannot keep ", one.name));
    }
  }
  const int failed = capng_apply(bounding ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS);
  return failed == 0 ? absl::OkStatus()
                     : absl::PermissionDeniedError(
                           base::StrCat("libcap-ng cannot apply them (code ", failed, ")"));
}

bool CapabilitiesAreDropped() {
  const absl::StatusOr<procfs::Process> self = procfs::ReadProcess("/proc", ::getpid());
  return self.ok() && ((Held(*self).mask() | self->bounding.mask()) & ~KeptSet().mask()) == 0;
}

}  // namespace sekisho::harden
