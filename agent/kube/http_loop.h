// A Loop over libcurl: HTTP/2 with TLS 1.2 or newer, one connection for everything while the
// credentials stay the same.
//
// Redirects are not followed, so that no credentials go elsewhere, and no other protocol than https
// is spoken. A connection that is silent is kept alive and tested by TCP (keep-alive every 30 s,
// TCP_USER_TIMEOUT); what the API server itself does not say any more is for the callers to notice.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "kube/credentials.h"
#include "kube/loop.h"
#include "kube/timers.h"

namespace sekisho::kube {

class HttpTransfers;

struct HttpLoopOptions {
  CredentialsOptions credentials;
  std::string user_agent;  // "sekisho/0.1.0"
  std::chrono::milliseconds connect_timeout{10'000};
  // An unacknowledged connection is given up after this time.
  std::chrono::milliseconds tcp_user_timeout{30'000};
  // Who cancels a request after the server has said nothing for so long has given it up for dead,
  // and its connection with it: the next request gets a new one.
  std::chrono::milliseconds silence{10'000};
  // A server that floods the loop for so long loses its connections. See round_watch.h.
  std::chrono::milliseconds round_limit{5'000};
};

// Not thread-safe but for Wake() and Stop().
class HttpLoop final : public Loop {
 public:
  explicit HttpLoop(HttpLoopOptions options);
  // Ends every request without a callback.
  ~HttpLoop() override;
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  Id Send(Request request, OnBody on_body, OnDone on_done) override;
  void Cancel(Id id) override;
  Id After(std::chrono::milliseconds delay, std::function<void()> what) override;
  void CancelTimer(Id id) override;
  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  double Random() override;

  // Runs until Stop(), also one from before: sleeps while nothing is due. `on_wake` is called once
  // for each time that it was woken, or less often when several Wake() fall together; never before
  // Run.
  void Run(const std::function<void()>& on_wake);
  void Wake();  // from any thread; returns at once
  void Stop();  // from any thread

  // How often Run went round since the start: what a loop that spins is found by.
  uint64_t rounds() const { return rounds_; }

 private:
  std::chrono::milliseconds TimeToSleep() const;

  const HttpLoopOptions options_;
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> woken_ = false;
  std::atomic<uint64_t> rounds_ = 0;
  Id last_id_ = 0;
  Timers timers_;
  std::mt19937_64 random_;
  std::unique_ptr<HttpTransfers> transfers_;  // everything of libcurl
};

}  // namespace sekisho::kube
