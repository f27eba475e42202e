// The ways from the load generator to the stub: direct, and through each proxy.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::bench {

inline constexpr char kDirect[] = "direct";
// Sekisho with a policy that forbids nothing and hardens nothing.
inline constexpr char kSekisho[] = "sekisho";
// Sekisho at the restricted level, which hardens what it can.
inline constexpr char kEnforcing[] = "enforcing";
inline constexpr char kHaproxy[] = "haproxy";
inline constexpr char kNginx[] = "nginx";

// No way, but it has a version, too.
inline constexpr char kContainerd[] = "containerd";

// In the order in which they are reported.
const std::vector<std::string>& AllWays();

struct WayOptions {
  std::string dir;           // of the proxies' files
  std::string upstream;      // the stub's socket
  std::string kubelet_root;  // for Sekisho
  std::string haproxy = {};  // the programs
  std::string nginx = {};
  std::vector<std::string> run_under = {};  // for Sekisho: a program that runs it
};

// A running proxy. Ends with this object.
class Way {
 public:
  Way() = default;
  virtual ~Way() = default;
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;

  virtual std::string socket() const = 0;
  virtual pid_t pid() const = 0;            // 0: there is no process on the way
  virtual std::string version() const = 0;  // of what was measured; "" where there is nothing
  virtual std::string log() const = 0;      // what it printed
};

// Starts the way of that name and waits until it listens.
absl::StatusOr<std::unique_ptr<Way>> StartWay(const std::string& name, const WayOptions& options);

// What a program says of its version, in one line.
std::string VersionOf(const std::vector<std::string>& argv);
std::string SekishoVersion();

// Restricted, with everything hardened that can be.
std::string EnforcingPolicy();

}  // namespace sekisho::bench
