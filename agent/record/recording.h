// Which containers a recording is about.
#pragma once

#include <chrono>
#include <string>

namespace sekisho::record {

// A recording weakens what it matches to a profile that refuses nothing, so nobody gets to do it
// for longer than this, and a lease that claims more is not believed.
inline constexpr std::chrono::seconds kLongestRecording = std::chrono::hours(24);

struct Recording {
  std::string namespace_ = {};  // exact
  std::string pod = "*";        // a pattern: a pod's name has a random end
  std::string container = {};   // exact
  std::chrono::sys_seconds until = {};
  std::string id = {};  // the lease's file name without ".json"; for logs

  friend bool operator==(const Recording&, const Recording&) = default;
};

// A container that got the logging profile because of a recording.
struct RecordedContainer {
  std::string id = {};  // the runtime's, 64 hexadecimal digits
  std::string namespace_ = {};
  std::string pod = {};
  std::string name = {};

  friend bool operator==(const RecordedContainer&, const RecordedContainer&) = default;
};

}  // namespace sekisho::record
