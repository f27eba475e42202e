// What the stub runtime answers to each method: bytes made before the first call.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace sekisho::bench {

inline constexpr size_t kListedContainers = 500;
inline constexpr size_t kListBytes = size_t{1} << 20;
inline constexpr size_t kEvents = 1000;

inline constexpr size_t kNoId = static_cast<size_t>(-1);
inline constexpr size_t kIdDigits = 16;

struct Answer {
  std::string body;  // gRPC frames
  // What one DATA frame holds at most. A runtime sends each message of a stream in its own.
  size_t piece = 16384;
  // Where the digits of an id begin that is another in every answer; kNoId: nowhere.
  size_t id_at = kNoId;
};

using Answers = std::map<std::string, Answer, std::less<>>;

// By path ("/runtime.v1.RuntimeService/Version"). With `unique_ids` every sandbox and container has
// an id of its own, as in life; without, what is created again and again is one container.
Answers AnswersOfARuntime(bool unique_ids);

}  // namespace sekisho::bench
