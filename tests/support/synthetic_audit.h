// A day's audit log that nobody had to wait for.
#pragma once

#include <cstdint>
#include <string>

namespace sekisho::testing {

// Writes `decisions` lines to `path`, in the order of time over the 24 hours before
// 2026-11-21T00:00:00Z, as the agent writes them: requests of a made-up cluster with namespaces of
// every level and workloads from harmless to forbidden, decided by the agent's own code and made
// into lines by audit::ToJsonLine, facts included. The same bytes for the same seed.
void WriteSyntheticAudit(const std::string& path, uint64_t decisions, uint64_t seed);

// The same policy that decided them, as a policy file.
std::string SyntheticPolicy();

}  // namespace sekisho::testing
