// The seam between the relay, which moves bytes, and whoever decides about them.
//
// The relay knows no CRI message. For a method that its table classifies as checked it hands the
// request's bytes to a CallHook and does what the Verdict says. A hook that needs to ask the
// runtime something first (whose sandbox is this?) does it through UpstreamCaller and answers
// later.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relay/method_table.h"

namespace sekisho::relay {

// What a hook wants to have again when the request is answered.
class Kept {
 public:
  Kept() = default;
  virtual ~Kept() = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
};

// What to do with a checked request. The default denies: a path that forgets to decide is closed.
struct Verdict {
  // OK: forward. Anything else: refuse with this code and message; nothing reaches the runtime.
  absl::Status status = absl::PermissionDeniedError("no decision was made");
  // Set when the request was edited: these bytes are forwarded instead of the caller's.
  std::optional<std::string> edited_request = {};
  // Handed to OnResponse(), if it comes to that.
  std::shared_ptr<const Kept> kept = {};
};

// Makes unary calls to the runtime on the calling queue's thread. Does not block.
class UpstreamCaller {
 public:
  virtual ~UpstreamCaller() = default;

  // Calls `method` ("/runtime.v1.RuntimeService/PodSandboxStatus") with a serialised request.
  // `done` runs exactly once, on the queue's thread, with the serialised response or the runtime's
  // error; also when the deadline passes or the relay shuts down.
  virtual void CallUnary(std::string_view method, std::string request,
                         std::chrono::milliseconds timeout,
                         std::function<void(absl::StatusOr<std::string>)> done) = 0;
};

class CallHook {
 public:
  virtual ~CallHook() = default;

  // Decides about one request of a checked method. `done` must be called exactly once, from this
  // call or later on the same queue's thread. `request` lives until then. `upstream` outlives every
  // call. Called from several queues' threads at once when the relay has more than one.
  virtual void OnRequest(const MethodEntry& method, std::string_view request,
                         UpstreamCaller& upstream, std::function<void(Verdict)> done) = 0;

  // Tells of the runtime's answer to an observed method (checked, or forwarded with `observe` set
  // in the table) before the caller sees it. Cannot change it. `request` is what was forwarded,
  // `kept` what the verdict brought along; null when it brought nothing, or nobody was asked.
  virtual void OnResponse(const MethodEntry& method, std::string_view request, const Kept* kept,
                          const absl::Status& status, std::string_view response) = 0;
};

}  // namespace sekisho::relay
