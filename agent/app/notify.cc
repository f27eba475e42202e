#include "app/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "base/str_cat.h"

namespace sekisho::app {
namespace {

// Ignoring failures: there is no other way to tell the service manager, and without one it is a
// no-op.
void Send(const std::string& state) {
  (void)::sd_notify(/*unset_environment=*/0, state.c_str());
}

}  // namespace

void NotifyReady(std::string_view status) {
  Send(base::StrCat("READY=1\nSTATUS=", status));
}

void NotifyReloading() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t microseconds = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  Send(base::StrCat("RELOADING=1\nMONOTONIC_USEC=", microseconds));
}

void NotifyStopping() {
  Send("STOPPING=1");
}

void NotifyStatus(std::string_view status) {
  Send(base::StrCat("STATUS=", status));
}

void NotifyWatchdog() {
  Send("WATCHDOG=1");
}

void NotifyMoreTime(std::chrono::microseconds time) {
  Send(base::StrCat("EXTEND_TIMEOUT_USEC=", time.count()));
}

std::optional<std::chrono::milliseconds> WatchdogInterval() {
  uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::microseconds(microseconds / 2));
}

}  // namespace sekisho::app
