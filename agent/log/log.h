// The daemon's own log, on stderr. Only the app and cli modules log; libraries return.
#pragma once

#include <string_view>

namespace sekisho::log {

// Call once, before any other function. Under systemd (JOURNAL_STREAM is set) each line begins with
// the priority that journald reads; elsewhere with the time and the level. `level` is one of trace,
// debug, info, warn, error; any other means info.
void Init(std::string_view level);
void SetLevel(std::string_view level);

// One line each: what could end it, or steer a terminal, is escaped. Thread-safe. Before Init they
// write in spdlog's own form.
void Debug(std::string_view line);
void Info(std::string_view line);
void Warn(std::string_view line);
void Error(std::string_view line);

}  // namespace sekisho::log
