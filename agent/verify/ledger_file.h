// The ledger's file: its lines as text, and the file read from the disk.
//
//   {"since":1795392000000000}
//   {"id":"…","time":1795392000000000,"level":"baseline:latest","policy":"…","expected":{…}}
//   {"removed":"…"}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "verify/ledger.h"

namespace sekisho::verify {

inline constexpr size_t kLedgerBytesMax = size_t{64} << 20;
inline constexpr size_t kLedgerLineMax = size_t{64} << 10;

std::string LedgerFile(const std::string& directory);

// Whether the id can be one of a container: letters, digits, "_", "-" and ".", 128 at most.
bool IsContainerId(std::string_view id);

// Lines with their line feeds.
std::string SinceLine(std::chrono::system_clock::time_point since);
std::string EntryLine(std::string_view container_id, const LedgerEntry& entry);
std::string RemovalLine(std::string_view container_id);
std::string WholeText(const LedgerView& view);

struct LedgerText {
  LedgerView view;
  size_t lines = 0;
  bool torn = false;  // the last line has no end
};
// DATA_LOSS: its first line says not since when it is kept.
absl::StatusOr<LedgerText> ParseLedger(std::string_view text);

// The open file and what is in it. `flags` are open(2)'s: O_RDONLY, or O_RDWR | O_APPEND.
// NOT_FOUND: there is none. DATA_LOSS: a symbolic link, no regular file, somebody else may write
// it, too long, or no ledger. Any other error is the disk's. Messages begin with the file.
struct OpenLedger {
  base::UniqueFd fd;
  LedgerText text;
  size_t bytes = 0;
};
absl::StatusOr<OpenLedger> OpenLedgerFile(const std::string& file, int flags);

}  // namespace sekisho::verify
