#include "harden/limits.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/str_cat.h"

namespace sekisho::harden {
namespace {

constexpr std::array<ResourceLimit, 5> kLimits = {{
    {RLIMIT_CORE, "RLIMIT_CORE", 0,
     "a core holds what passes through: pods' environments, credentials for registries"},
    {RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK", 0, "no memory is locked"},
    {RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", 0, "no POSIX message queue is made"},
    {RLIMIT_RTPRIO, "RLIMIT_RTPRIO", 0, "a thread that spins must not starve the node"},
    {RLIMIT_NICE, "RLIMIT_NICE", 0, "nor one that makes itself more important"},
}};

// Enough for thousands of calls at once. Without a bound, the memory that the kernel and gRPC hold
// for descriptors would be whatever the service manager's hard limit is.
constexpr rlim_t kOpenFiles = 65536;

absl::Status Set(const ResourceLimit& limit) {
  rlimit now{};
  if (::getrlimit(limit.resource, &now) != 0) {
    return absl::ErrnoToStatus(errno, limit.name);
  }
  if (now.rlim_cur <= limit.most && now.rlim_max <= limit.most) {
    return absl::OkStatus();
  }
  const rlimit wanted{.rlim_cur = std::min(now.rlim_cur, limit.most),
                      .rlim_max = std::min(now.rlim_max, limit.most)};
  return ::setrlimit(limit.resource, &wanted) == 0 ? absl::OkStatus()
                                                   : absl::ErrnoToStatus(errno, limit.name);
}

absl::Status RaiseOpenFiles() {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) {
    return absl::ErrnoToStatus(errno, "RLIMIT_NOFILE");
  }
  const rlim_t wanted = std::min(now.rlim_max, kOpenFiles);
  if (now.rlim_cur >= wanted) {
    return absl::OkStatus();
  }
  now.rlim_cur = wanted;
  return ::setrlimit(RLIMIT_NOFILE, &now) == 0 ? absl::OkStatus()
                                               : absl::ErrnoToStatus(errno, "RLIMIT_NOFILE");
}

}  // namespace

std::span<const ResourceLimit> ResourceLimits() {
  return kLimits;
}

absl::Status LowerLimits() {
  absl::Status status = RaiseOpenFiles();
  for (const ResourceLimit& limit : kLimits) {
    status.Update(Set(limit));
  }
  return status;
}

bool CoreDumpsAreOff() {
  rlimit core{};
  return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0;
}

}  // namespace sekisho::harden
