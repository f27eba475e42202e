// What the agent tells the service manager (sd_notify(3)). Does nothing without one.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sekisho::app {

void NotifyReady(std::string_view status);
void NotifyReloading();
void NotifyStopping();
void NotifyStatus(std::string_view status);
void NotifyWatchdog();
// Asks that a start or a stop may take `time` from now (EXTEND_TIMEOUT_USEC).
void NotifyMoreTime(std::chrono::microseconds time);

// How often the service manager wants to hear of us: half of WatchdogSec. Nothing when it does not.
std::optional<std::chrono::milliseconds> WatchdogInterval();

}  // namespace sekisho::app
