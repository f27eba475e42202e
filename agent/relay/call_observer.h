// Who is told how each call went: for counting.
#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "relay/method_table.h"

namespace sekisho::relay {

enum class CallEnd {
  kForwarded,  // the runtime's status went back to the caller; or the agent stopped a stream
  kRefused,    // the hook said no, or gave no answer that could be acted upon
  kRejected,   // nobody was asked: not in the table, incomplete, or too large
  // The caller went away, or its deadline passed, before it had its answer; or the agent stopped
  // and a unary call was still under way when its time to drain was over.
  kCancelled,
};

struct CallReport {
  const MethodEntry* method = nullptr;  // null: not in the table
  CallEnd end = CallEnd::kForwarded;
  absl::StatusCode code = absl::StatusCode::kOk;  // that the caller got
  // From the request's last byte to the hook's verdict; absent when the hook was not asked.
  std::optional<std::chrono::nanoseconds> decision;
  // From the forwarding of the request to the runtime's status; absent when nothing was forwarded,
  // or it never came.
  std::optional<std::chrono::nanoseconds> upstream;
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // Once for each call that a client began, on its queue's thread. Must not wait.
  virtual void OnCall(const CallReport& report) = 0;
};

}  // namespace sekisho::relay
