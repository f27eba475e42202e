// An EventRecorder on a loop without a network, and what its tests say of it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "kube/events.h"
#include "unit/kube/fake_loop.h"

namespace sekisho::kube {

inline Notice NoticeOf(const std::string& pod, const std::string& text,
                       const std::string& container = "web") {
  return {.reason = EventReason::kDenied,
          .namespace_ = "shop",
          .pod = pod,
          .pod_uid = "uid-of-" + pod,
          .container = container,
          .text = text,
          .time = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000))};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.node = "worker-1";
    Start();
  }
  // With the options as they are now.
  void Start() { recorder_ = std::make_unique<EventRecorder>(options_, loop_); }

  void Add(const std::string& pod, const std::string& text = "violates",
           const std::string& container = "web") {
    recorder_->Add({NoticeOf(pod, text, container)});
  }
  // The request that is in flight; there is never more than one.
  Loop::Id Open() const {
    const std::vector<Loop::Id> open = loop_.open();
    EXPECT_EQ(open.size(), 1u);
    return open.empty() ? 0 : open.front();
  }
  nlohmann::json Body() const {
    return nlohmann::json::parse(loop_.all().back().body, nullptr, false);
  }
  const std::string& Path() const { return loop_.all().back().path; }
  void Answer(int code, const std::string& body = "{}") { loop_.Answer(Open(), code, body); }
  void Fail(absl::Status status) {
    loop_.Finish(Open(), {.status = std::move(status), .code = 0, .retry_after = {}});
  }
  // A new Event about `pod` that the server has taken.
  void Create(const std::string& pod) {
    Add(pod);
    loop_.Pass(options_.coalesce);
    Answer(201);
  }
  size_t requests() const { return loop_.all().size(); }
  const EventRecorder::Stats& stats() const { return recorder_->stats(); }
  // Neither a request nor a timer: nothing happens however much time passes.
  void ExpectIdle() {
    EXPECT_TRUE(loop_.open().empty());
    EXPECT_EQ(loop_.timers(), 0u);
  }

  FakeLoop loop_;
  EventOptions options_;
  std::unique_ptr<EventRecorder> recorder_;
};

}  // namespace sekisho::kube
