// What there is to tell of one call: how it ended, and how long its parts took.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>

#include "relay/call_observer.h"

namespace sekisho::relay {

// Keeps time only for a call that somebody asks the times of. Allocates nothing unless its caller
// does: then they go into the trailers.
class CallAccount {
 public:
  // `observer` may be null.
  explicit CallAccount(CallObserver* observer) : observer_(observer) {}

  void Begin(const MethodEntry* method);
  void RequestIsThere(const grpc::ServerContext& caller);
  void EndDecision();
  void StartUpstream();
  void EndUpstream();

  // What the caller is about to get. `answer` takes the times as trailers if its caller asked.
  void Answer(CallEnd end, absl::StatusCode code, grpc::ServerContext& answer);
  // The caller does not wait any more; `code` is what it believes to have got.
  void CallerIsGone(absl::StatusCode code) { code_when_gone_ = code; }
  // What was to be the answer did not go out: the call was over already.
  void AnswerIsLost() { lost_ = true; }
  // If the answer is lost, then because gRPC had refused a message for its size.
  void TooLargeIfLost() { too_large_if_lost_ = true; }

  // The caller asked for the times of this call.
  bool times_asked() const { return times_asked_; }
  // Tells the observer. Does nothing for a call that never began.
  void Report() const;

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point Now() const { return measures_ ? Clock::now() : Clock::time_point(); }

  CallObserver* const observer_;
  bool begun_ = false;
  bool times_asked_ = false;
  bool measures_ = false;
  bool lost_ = false;
  bool too_large_if_lost_ = false;
  absl::StatusCode code_when_gone_ = absl::StatusCode::kCancelled;
  Clock::time_point request_there_;
  Clock::time_point forwarded_;
  CallReport report_;
};

}  // namespace sekisho::relay
