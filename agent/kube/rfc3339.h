// Times as Kubernetes' objects carry them: UTC, whole seconds, "2026-01-31T23:59:59Z".
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace sekisho::kube {

// Of the years 1 to 9999; a time outside of them is written as the first or last second of them.
std::string Rfc3339(std::chrono::sys_seconds time);

// Exactly what Rfc3339() writes, and nothing else.
std::optional<std::chrono::sys_seconds> ParseRfc3339(const std::string& text);

}  // namespace sekisho::kube
