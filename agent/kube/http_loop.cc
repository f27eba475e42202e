#include "kube/http_loop.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "kube/http_transfers.h"
#include "kube/round_watch.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestSleep{60'000};
constexpr milliseconds kLongestDelay = std::chrono::hours(24 * 365);

// Against a loop that goes round for nothing, whatever the reason: a server that sends a flood of
// frames without content, or a libcurl that says that there is something to do when there is not.
class Brake {
 public:
  // After each round.
  void Round(bool something_happened) {
    const auto now = std::chrono::steady_clock::now();
    if (something_happened || now - since_ > kWindow) {
      since_ = now;
      rounds_ = 0;
    } else if (++rounds_ > kRoundsMost) {
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  static constexpr milliseconds kWindow{100};
  static constexpr int kRoundsMost = 50;  // a TLS handshake takes about ten
  static constexpr milliseconds kPause{10};

  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  int rounds_ = 0;
};

}  // namespace

HttpLoop::HttpLoop(HttpLoopOptions options)
    : options_(std::move(options)),
      random_(std::random_device{}()),
      transfers_(std::make_unique<HttpTransfers>(options_)) {}

HttpLoop::~HttpLoop() = default;

Loop::Id HttpLoop::Send(Request request, OnBody on_body, OnDone on_done) {
  const Id id = ++last_id_;
  transfers_->Send(id, std::move(request), std::move(on_body), std::move(on_done), Now());
  return id;
}

void HttpLoop::Cancel(Id id) {
  transfers_->Cancel(id, Now());
}

Loop::Id HttpLoop::After(milliseconds delay, std::function<void()> what) {
  const Id id = ++last_id_;
  timers_.Add(id, Now() + std::clamp(delay, milliseconds::zero(), kLongestDelay), std::move(what));
  return id;
}

void HttpLoop::CancelTimer(Id id) {
  timers_.Cancel(id);
}

double HttpLoop::Random() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

void HttpLoop::Run(const std::function<void()>& on_wake) {
  Brake brake;
  RoundWatch watch(options_.round_limit, [this] { transfers_->ShutDown(); });
  while (!stopped_.exchange(false)) {
    ++rounds_;
    const bool woken = woken_.exchange(false);
    if (woken) {
      on_wake();
    }
    watch.BeginRound();
    const bool progress = transfers_->Round(Now());
    watch.EndRound();
    const size_t timers = timers_.RunDue(Now());
    brake.Round(woken || progress || timers > 0);
    if (!transfers_->HasWork()) {
      transfers_->Sleep(TimeToSleep());
    }
  }
}

milliseconds HttpLoop::TimeToSleep() const {
  const TimePoint now = Now();
  TimePoint next = now + kLongestSleep;
  for (const std::optional<TimePoint> due : {timers_.Next(), transfers_->Next()}) {
    next = std::min(next, due.value_or(next));
  }
  // Rounded up: a round before the time would be one for nothing.
  return std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds::zero());
}

void HttpLoop::Wake() {
  woken_ = true;
  transfers_->Wake();
}

void HttpLoop::Stop() {
  stopped_ = true;
  transfers_->Wake();
}

}  // namespace sekisho::kube
