#include "app/self_protection.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/str_cat.h"
#include "caps/cap_set.h"
#include "log/log.h"
#include "procfs/process.h"

namespace sekisho::app {
namespace {

bool CoreDumpsAreOff() {
  rlimit core{};
  return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0;
}

// Where it is so already nothing is called: the unit's filter refuses to set limits.
bool TurnCoreDumpsOff() {
  constexpr rlimit kNone{.rlim_cur = 0, .rlim_max = 0};
  return CoreDumpsAreOff() || ::setrlimit(RLIMIT_CORE, &kNone) == 0;
}

}  // namespace

void ProtectSelf() {
  const auto say_unless = [](bool done, const char* what) {
    if (!done) {
      log::Warn(
          base::StrCat("the agent itself is not protected: ", what, ": ", std::strerror(errno)));
    }
  };
  say_unless(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  say_unless(TurnCoreDumpsOff(), "core dumps are on");
  say_unless(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "its memory can be looked into");
}

std::map<std::string, bool> SelfProtection() {
  std::map<std::string, bool> held;
  const absl::StatusOr<procfs::Process> self = procfs::ReadProcess("/proc", ::getpid());
  if (self.ok()) {
    // To read /proc/PID/ns of containers takes this one; see sekisho.service.
    const uint64_t wanted = caps::CapSet::Of({"SYS_PTRACE"}).mask();
    held["no_new_privs"] = self->no_new_privs;
    held["seccomp_filter"] = self->seccomp == procfs::SeccompMode::kFilter;
    held["capabilities_dropped"] =
        ((self->permitted.mask() | self->bounding.mask()) & ~wanted) == 0;
  }
  held["core_dumps_off"] = CoreDumpsAreOff();
  held["memory_not_dumpable"] = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
  return held;
}

}  // namespace sekisho::app
