// Times as the audit log writes them.
#pragma once

#include <chrono>
#include <string>

namespace sekisho::audit {

// RFC 3339, UTC, microseconds: "2026-01-31T23:59:59.000001Z".
std::string Timestamp(std::chrono::system_clock::time_point time);

}  // namespace sekisho::audit
