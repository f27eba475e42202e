#include "harden/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace sekisho::harden {
namespace {

// What linux/landlock.h of Debian 12 does not have yet; the values are the kernel's.
constexpr uint64_t kRefer = 1ULL << 13;     // version 2
constexpr uint64_t kTruncate = 1ULL << 14;  // version 3
constexpr uint64_t kIoctlDev = 1ULL << 15;  // version 5
constexpr uint64_t kBindTcp = 1ULL << 0;    // version 4
constexpr uint64_t kConnectTcp = 1ULL << 1;
constexpr int kRuleNetPort = 2;
struct Ruleset {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;  // version 4; a kernel before it takes a shorter struct
};
struct NetPort {
  uint64_t allowed_access;
  uint64_t port;
};

constexpr uint64_t kFileWrites = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr uint64_t kFolderWrites = kFileWrites | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                   LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO;
// Nowhere: devices are not made, and nothing is executed.
constexpr uint64_t kNever =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

// What a version adds to the rights over files that are written.
uint64_t NewerWrites(int version) {
  return (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0) |
         (version >= 5 ? kIoctlDev : 0);
}

// The rights of a rule about a file that is no folder: the kernel refuses others.
uint64_t FileRights(int version) {
  return kFileWrites | (NewerWrites(version) & ~kRefer);
}

std::string NearestExisting(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::is_directory(path, error) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path.string();
}

absl::Status Allow(int ruleset, const std::string& path, uint64_t rights) {
  const base::UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd.valid()) {
    return absl::ErrnoToStatus(errno, base::AbslView(path));
  }
  const landlock_path_beneath_attr beneath{.allowed_access = rights, .parent_fd = fd.get()};
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0
             ? absl::OkStatus()
             : absl::ErrnoToStatus(errno, base::AbslView(path));
}

absl::Status AllowFiles(int ruleset, int version, const LandlockOptions& options) {
  absl::Status status;
  for (const std::string& folder : options.writable_folders) {
    status.Update(Allow(ruleset, NearestExisting(folder), kFolderWrites | NewerWrites(version)));
  }
  for (const std::string& file : options.writable_files) {
    if (::access(file.c_str(), F_OK) == 0) {
      status.Update(Allow(ruleset, file, FileRights(version)));
    }
  }
  return status;
}

uint64_t HandledTcp(int version, const LandlockOptions& options) {
  if (version < 4) {
    return 0;
  }
  return kBindTcp | (options.tcp_connect ? 0 : kConnectTcp);
}

absl::Status AllowTcp(int ruleset, int version, const LandlockOptions& options) {
  if (version < 4 || !options.tcp_listen.has_value()) {
    return absl::OkStatus();
  }
  const NetPort port{.allowed_access = kBindTcp, .port = *options.tcp_listen};
  return ::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &port, 0) == 0
             ? absl::OkStatus()
             : absl::ErrnoToStatus(errno, base::AbslView(base::StrCat("port ", port.port)));
}

}  // namespace

int LandlockVersion() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

absl::StatusOr<int> RestrictWithLandlock(const LandlockOptions& options) {
  const int version = LandlockVersion();
  if (version == 0) {
    return absl::UnimplementedError("this kernel has no Landlock, or does not use it");
  }
  const Ruleset handled{.handled_access_fs = kFolderWrites | NewerWrites(version) | kNever,
                        .handled_access_net = HandledTcp(version, options)};
  const size_t size = version < 4 ? sizeof(handled.handled_access_fs) : sizeof(handled);
  const base::UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, size, 0)));
  if (!ruleset.valid()) {
    return absl::ErrnoToStatus(errno, "landlock_create_ruleset");
  }
  absl::Status status = AllowFiles(ruleset.get(), version, options);
  status.Update(AllowTcp(ruleset.get(), version, options));
  if (!status.ok()) {
    return status;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return absl::ErrnoToStatus(errno, "landlock_restrict_self");
  }
  return version;
}

}  // namespace sekisho::harden
