// Copies of judged profiles, named by their content, in a directory of Sekisho's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "seccomp/trusted_open.h"
#include "seccomp/uses.h"

namespace sekisho::seccomp {

struct PinsOptions {
  std::string directory;
  size_t pins_max = 1024;
  size_t uses_max = 16384;
  // How long a pin that was given out counts as used although no container has it yet.
  std::chrono::steady_clock::duration grace = std::chrono::minutes(1);
};

// <directory>/<sha256 of the bytes>.json, and <directory>/uses. Files of mode 0400: nobody but
// their owner is to read them, since the runtimes that read them run as root. Thread-safe.
class Pins {
 public:
  // Makes the directory (mode 0700) where it is missing and reads the names in it. Temporary files
  // of ours that a crash left are removed; whatever else is no pin is left alone and counted.
  static absl::StatusOr<std::unique_ptr<Pins>> Open(PinsOptions options);

  // The path of a copy of `bytes`. It is written unless it is there, read back once, and counts as
  // given out now. A copy of an earlier run is read and compared when it is first met, and written
  // anew when it is not what its name says. RESOURCE_EXHAUSTED: there are `pins_max`, and all of
  // them in use.
  absl::StatusOr<std::string> Pin(std::string_view bytes);

  // Whether `path`, which Pin returned, still is the file that was verified (one stat(2)); if so it
  // counts as given out again. If not: Pin anew.
  bool GiveAgain(const std::string& path);

  // See store.h. NOT_FOUND: `path` is no pin.
  absl::Status Use(std::string_view container_id, std::string_view path);
  void Release(std::string_view container_id) { uses_.Remove(container_id); }
  void Collect(const std::vector<std::string>& live_container_ids, size_t keep);

  size_t count() const;
  size_t uses() const { return uses_.count(); }
  size_t foreign() const { return foreign_ + uses_.foreign(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    bool verified = false;  // in this run
    Identity identity = {};
    Clock::time_point given = {};
    uint64_t order = 0;  // the higher, the later it was given out (or written, before this run)
  };
  using Table = std::map<std::string, Entry, std::less<>>;  // by file name

  Pins(PinsOptions options, Uses uses) : options_(std::move(options)), uses_(std::move(uses)) {}
  void Read();
  std::string PathOf(std::string_view name) const;
  // "" when `path` is not in the directory.
  std::string_view NameOf(std::string_view path) const;
  absl::Status MakeRoomFor(const std::string& name);
  // Removes pins that nobody uses but the `keep` that were given out last; returns how many.
  size_t RemoveUnused(size_t keep, size_t at_most);
  void Verified(const std::string& name, const Identity& identity);

  const PinsOptions options_;
  Uses uses_;
  size_t foreign_ = 0;
  // Writing and removing files: one at a time. Taken before mu_.
  std::mutex files_mu_;
  // The table: never held while a file is written or read.
  mutable std::mutex mu_;
  Table table_;
  uint64_t next_order_ = 1;
};

}  // namespace sekisho::seccomp
