// A Loop without a network and without time: requests wait to be answered by the test, timers for
// the test to let time pass.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/loop.h"

namespace sekisho::kube {

class FakeLoop final : public Loop {
 public:
  struct Sent {
    Id id;
    Request request;
    OnBody on_body;
    OnDone on_done;
    TimePoint at;
  };

  Id Send(Request request, OnBody on_body, OnDone on_done) override {
    const Id id = ++last_id_;
    all_.push_back(request);
    open_.emplace(id, Sent{id, std::move(request), std::move(on_body), std::move(on_done), now_});
    return id;
  }
  void Cancel(Id id) override { open_.erase(id); }
  Id After(std::chrono::milliseconds delay, std::function<void()> what) override {
    const Id id = ++last_id_;
    timers_.emplace(std::pair(now_ + delay, id), std::move(what));
    return id;
  }
  void CancelTimer(Id id) override {
    std::erase_if(timers_, [id](const auto& timer) { return timer.first.second == id; });
  }
  TimePoint Now() const override { return now_; }
  double Random() override { return random_; }

  // --- the test's side
  void SetRandom(double value) { random_ = value; }
  // Every request so far, in order.
  const std::vector<Request>& all() const { return all_; }
  // Those that nobody has answered or cancelled yet, oldest first.
  std::vector<Id> open() const {
    std::vector<Id> ids;
    for (const auto& [id, sent] : open_) {
      ids.push_back(id);
    }
    return ids;
  }
  const Request& request(Id id) const { return open_.at(id).request; }
  // False when the receiver wanted no more; the request has then ended with CANCELLED.
  bool Body(Id id, int code, std::string_view bytes) {
    if (open_.at(id).on_body(code, bytes)) {
      return true;
    }
    Finish(id, {.status = absl::CancelledError("no more of it is wanted"), .code = code});
    return false;
  }
  void Finish(Id id, const Response& response) {
    auto node = open_.extract(id);
    if (!node.empty()) {
      node.mapped().on_done(response);
    }
  }
  // A whole answer.
  void Answer(Id id, int code, std::string_view body) {
    if (Body(id, code, body)) {
      Finish(id, {.status = absl::OkStatus(), .code = code, .retry_after = {}});
    }
  }
  // Lets time pass; timers that become due are called in their order.
  void Pass(std::chrono::milliseconds time) {
    const TimePoint end = now_ + time;
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      auto timer = timers_.extract(timers_.begin());
      now_ = std::max(now_, timer.key().first);
      timer.mapped()();
    }
    now_ = end;
  }
  size_t timers() const { return timers_.size(); }

 private:
  Id last_id_ = 0;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  double random_ = 0;
  std::map<Id, Sent> open_;
  std::map<std::pair<TimePoint, Id>, std::function<void()>> timers_;
  std::vector<Request> all_;
};

}  // namespace sekisho::kube
