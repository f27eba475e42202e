// What an installation asks of systemd.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::install {

// Properties of a unit, by systemd's own names (systemctl(1) show).
struct UnitState {
  bool loaded = false;             // LoadState=loaded
  std::string active_state;        // "active", "activating", "failed", …
  std::string sub_state;           // "running", "auto-restart", …
  pid_t main_pid = 0;              // 0: no process
  std::vector<std::string> files;  // FragmentPath, then DropInPaths
  std::string program;             // the path of ExecStart
  std::string unit_file_state;     // "enabled", "disabled", "static", …
  bool IsRunning() const { return active_state == "active" && main_pid > 0; }
};

// Errors carry what systemctl printed.
class Systemd {
 public:
  virtual ~Systemd() = default;
  virtual absl::StatusOr<UnitState> Show(const std::string& unit) = 0;
  virtual absl::Status DaemonReload() = 0;
  // Both return when the units are up (Type=notify: ready) or have failed.
  virtual absl::Status Start(const std::vector<std::string>& units) = 0;
  virtual absl::Status Restart(const std::string& unit) = 0;
  virtual absl::Status Stop(const std::vector<std::string>& units) = 0;
  virtual absl::Status Enable(const std::vector<std::string>& units) = 0;
  virtual absl::Status Disable(const std::vector<std::string>& units) = 0;
  // Runs `argv` once, `delay` from now, whatever becomes of this process.
  virtual absl::Status ArmTimer(const std::string& name, std::chrono::seconds delay,
                                const std::vector<std::string>& argv) = 0;
  // OK also when there is no such timer (any more).
  virtual absl::Status DisarmTimer(const std::string& name) = 0;
  // The last lines of a unit's log; "" when there are none to be had.
  virtual std::string LogOf(const std::string& unit, int lines) = 0;
};

// By systemctl, systemd-run and journalctl, which are looked up in PATH.
std::unique_ptr<Systemd> MakeSystemd();

// The properties in what `systemctl show` prints. Exposed for its tests.
UnitState ParseUnitState(std::string_view show);

// The files of a unit found where systemd looks for them (systemd.unit(5)), for when it does not
// run: a package's removal in a chroot. Empty when there is no such unit. Paths are below `root`,
// and returned without it.
std::vector<std::string> FindUnitFiles(const std::string& unit, const std::string& root);

}  // namespace sekisho::install
