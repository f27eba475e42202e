// What the parts that talk to the API server need of the world: requests and timers, on one thread.
//
// Everything of a Loop is called on the thread that runs it, and its callbacks come there, never
// from inside the call that asked for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sekisho::kube {

// One request to the API server. Host, TLS and credentials are the loop's matter.
struct Request {
  std::string method = "GET";  // or POST, PATCH
  std::string path;            // with its query: "/api/v1/namespaces?limit=500"
  std::string accept = "application/json";
  std::string content_type = {};  // of `body`
  std::string body = {};
  // From the start to the last byte; zero: no limit.
  std::chrono::milliseconds total_timeout{0};
  // Asks for a compressed body. What the receiver gets is inflated.
  bool compressed = false;
};

// How a request ended.
struct Response {
  // OK when a whole answer came, whatever its code. Otherwise the credentials could not be read
  // (FAILED_PRECONDITION), nobody could be reached or the connection broke (UNAVAILABLE), the
  // server's certificate was not trusted (UNAUTHENTICATED), or it took too long
  // (DEADLINE_EXCEEDED). Messages are for a person, without any secret.
  absl::Status status;
  int code = 0;  // HTTP; 0 when there was none
  // The header Retry-After, in seconds; a date is left out.
  std::optional<std::chrono::seconds> retry_after = {};
};

class Loop {
 public:
  using Id = uint64_t;  // never 0, never used twice
  using TimePoint = std::chrono::steady_clock::time_point;
  // A part of the body, with the answer's HTTP code. False: no more of it is wanted; the request
  // then ends with CANCELLED.
  using OnBody = std::function<bool(int code, std::string_view bytes)>;
  using OnDone = std::function<void(const Response&)>;

  virtual ~Loop() = default;

  // `on_done` is called once, unless the request is cancelled first.
  virtual Id Send(Request request, OnBody on_body, OnDone on_done) = 0;
  // No callback of it comes any more. An id that has ended, or 0, is ignored. Not from its OnBody.
  virtual void Cancel(Id id) = 0;
  // Calls `what` once, when `delay` has passed.
  virtual Id After(std::chrono::milliseconds delay, std::function<void()> what) = 0;
  virtual void CancelTimer(Id id) = 0;
  virtual TimePoint Now() const = 0;
  // A random number from 0 to below 1, for jitter.
  virtual double Random() = 0;
};

}  // namespace sekisho::kube
