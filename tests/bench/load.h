// The load generator: one connection, as a kubelet has one, and some calls on it at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sekisho::bench {

struct Call {
  std::string path;
  std::string body;         // gRPC frames
  size_t answer_bytes = 0;  // of the whole answer, frames included; any other length is a failure
};

// What is called, and what becomes of the answers. Lanes are what is in flight at a time: 0, 1, ….
class CallSource {
 public:
  CallSource() = default;
  virtual ~CallSource() = default;
  CallSource(const CallSource&) = delete;
  CallSource& operator=(const CallSource&) = delete;

  // The next call of a lane, which has to live until it is answered; null: there is none any more.
  virtual const Call* Next(size_t lane) = 0;
  virtual void Answered(size_t /*lane*/, std::string_view /*answer*/) {}
  // Whether Answered() wants the bytes. Keeping them costs time.
  virtual bool wants_answers() const { return false; }
};

// Of one stretch of calls.
struct Block {
  std::vector<int64_t> latencies_ns;  // from submit to trailers, in the order of the ends
  int64_t took_ns = 0;
  int64_t failed = 0;
  std::string first_failure;  // what was wrong with it
};

class LoadClient {
 public:
  // Waits for nobody: the socket has to be there.
  static absl::StatusOr<std::unique_ptr<LoadClient>> Connect(const std::string& socket);
  virtual ~LoadClient() = default;

  // Calls until the source has no more, with as many in flight as there are lanes. An error: the
  // connection broke, or half a minute brought nothing.
  virtual absl::Status Run(CallSource& source, size_t lanes, Block& block) = 0;

  // One call; the bytes of its answer.
  absl::StatusOr<std::string> Once(const Call& call);
};

int64_t NowNs();  // of the monotonic clock

// A signal handler: whatever Run() is under way, it ends with an error.
void Interrupt(int signal);

}  // namespace sekisho::bench
