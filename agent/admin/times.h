// Unix times in milliseconds, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sekisho::admin {

// RFC 3339, UTC, to the millisecond: "2026-01-31T23:59:59.001Z". Nothing for 0, which is "never",
// and for what has no year of four digits.
std::optional<std::string> TimeText(int64_t unix_ms);

// The two largest units: "3d 4h", "5m 2s", "0s". A negative span, of a clock that was set, is "0s".
std::string Span(int64_t milliseconds);

// "5m 2s ago", "now" or "never".
std::string Ago(int64_t unix_ms, int64_t now_ms);

}  // namespace sekisho::admin
