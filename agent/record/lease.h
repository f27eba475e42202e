// How a recorder tells the daemon of itself without a server: a file that it holds a lock on.
//
// <state>/recordings/<random>.json holds what is recorded and until when. The recorder keeps an
// exclusive flock(2) on it as long as it lives; a recorder that was killed holds none any more, so
// that its lease is worth nothing at once (recordings.h is the daemon's side).
// <state>/recordings/<random>.containers is the way back: the daemon appends the containers that it
// attached the profile to.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "record/recording.h"

namespace sekisho::record {

inline constexpr const char* kDefaultState = "/var/lib/sekisho";

// <state>/recordings.
std::string RecordingsDirectory(const std::string& state);

// Held by the recorder; both files go with it.
class Lease {
 public:
  // Makes the directory (mode 0700) where it is missing. `recording.id` is chosen here.
  static absl::StatusOr<Lease> Take(const std::string& state, Recording recording);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  const Recording& recording() const { return recording_; }

  // The containers that the daemon has told of so far, in the order of their creation. An error
  // when the file does not read as the daemon writes it.
  absl::StatusOr<std::vector<RecordedContainer>> Containers() const;

 private:
  Lease() = default;

  Recording recording_;
  std::string directory_;
  base::UniqueFd lock_;
};

}  // namespace sekisho::record
