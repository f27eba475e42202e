// Which containers passed the agent, and what was decided of each: kept over restarts.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "verify/expected.h"

namespace sekisho::verify {

struct LedgerEntry {
  std::chrono::system_clock::time_point time;  // when the runtime had created it
  std::string level;                           // that was enforced: "baseline:latest"; may be empty
  std::string policy_hash;
  Expected expected;

  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

// As read once: for a reader that is not the agent.
struct LedgerView {
  // When the agent began to keep it. What was created before is older than the agent.
  std::chrono::system_clock::time_point since;
  absl::flat_hash_map<std::string, LedgerEntry> entries;  // by container id
  size_t unreadable = 0;                                  // lines that were passed over
};

// An append-only file of JSON lines, "containers.jsonl" in the agent's state directory, that is
// written anew when most of it is about containers that are gone. Thread-safe. A line that cannot
// be read is passed over and counted: its container then reads as one that did not pass the agent.
// Times are whole microseconds.
//
// What was added is in the file when Add returns, but not on the disk: no container outlives the
// machine that loses it.
class Ledger {
 public:
  // So many entries are kept; a node has a few hundred containers.
  static constexpr size_t kEntriesMax = 65536;

  // Reads what is there, or begins a new one. A file that cannot be read as a whole is put aside
  // ("containers.jsonl.damaged") and a new one begins. An error: the directory takes no file.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const std::string& directory);

  // What cannot be written stays in memory, and is written with the next compaction; the error says
  // why. INVALID_ARGUMENT, RESOURCE_EXHAUSTED: no container's id, or the ledger is full; then
  // nothing is kept.
  absl::Status Add(std::string_view container_id, LedgerEntry entry);
  absl::Status Remove(std::string_view container_id);
  // Forgets containers that are not in `existing`, but for those younger than a minute.
  absl::Status Keep(const std::unordered_set<std::string>& existing);

  LedgerView View() const;
  // Of one container: at most one entry.
  LedgerView ViewOf(std::string_view container_id) const;
  size_t size() const;

 private:
  explicit Ledger(std::string file) : file_(std::move(file)) {}

  // All with mu_ held.
  absl::Status Append(const std::string& lines, size_t count);
  absl::Status Rewrite();
  bool IsOurs() const;
  void Merge();

  const std::string file_;
  mutable std::mutex mu_;
  LedgerView view_;      // guarded by mu_
  base::UniqueFd fd_;    // guarded by mu_
  size_t lines_ = 0;     // guarded by mu_: of the file
  size_t bytes_ = 0;     // guarded by mu_: of the file
  bool behind_ = false;  // guarded by mu_: the file lacks something, or ends within a line
};

// Reads the ledger of an agent that may be running. NOT_FOUND: there is none, so that every
// container is older. Any other error: it cannot be read as a whole.
absl::StatusOr<LedgerView> ReadLedger(const std::string& directory);

}  // namespace sekisho::verify
