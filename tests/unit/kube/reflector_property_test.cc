// A reflector against an API server that changes, lags, forgets and fails at random. Two things
// have to hold: whatever was confirmed is what the server had at that version, and when the faults
// stop, the store is the server's state again. And no request may come sooner than it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>
#include <string>

#include "log/log.h"
#include "model_api_server.h"
#include "reflector_bench.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr unsigned kRuns = 300;
constexpr std::array<double, 6> kFaults = {0.01, 0.03, 0.1, 0.2, 0.4, 0.7};

class World {
 public:
  World(unsigned seed, bool replays)
      : random_(seed), server_(loop_, seed), reflector_(Options(seed), loop_, store_) {
    server_.SetReplays(replays);
    store_.on_confirmed = [this](const std::string& version) {
      EXPECT_EQ(store_.objects, server_.At(std::stoull(version))) << "at version " << version;
      ++checked_;
    };
    reflector_.Start();
  }

  // `faults` of the server's answers are of no use; every few steps something changes.
  void Run(seconds time, double faults, double changes) {
    server_.SetFaults(faults);
    const Loop::TimePoint end = loop_.Now() + time;
    for (int step = 0; loop_.Now() < end; ++step) {
      loop_.SetRandom(std::uniform_real_distribution<>(0, 1)(random_));
      const double dice = std::uniform_real_distribution<>(0, 1)(random_);
      if (dice < changes) {
        server_.Change();
      } else if (dice < changes * 1.1) {
        server_.Compact();
      }
      server_.Serve();
      if (step % 300 == 299) {
        server_.SendBookmark();
      }
      EXPECT_LE(loop_.timers(), 1U) << "one timer: the back-off's or the watch's";
      loop_.Pass(milliseconds(200));
    }
  }

  FakeLoop& loop() { return loop_; }
  ModelApiServer& server() { return server_; }
  NotingStore& store() { return store_; }
  const Reflector& reflector() const { return reflector_; }
  int checked() const { return checked_; }

 private:
  static ReflectorOptions Options(unsigned seed) {
    ReflectorOptions options = {
        .what = "namespaces", .path = "/p", .query = {}, .resource_version = {}};
    options.page_size = static_cast<int>(1 + seed % 5);
    options.start_jitter = seconds(seed % 3);
    options.resource_version = seed % 4 == 1 ? "90" : seed % 4 == 2 ? "100000" : "";
    return options;
  }

  std::mt19937 random_;
  FakeLoop loop_;
  NotingStore store_;
  ModelApiServer server_;
  int checked_ = 0;
  Reflector reflector_;
};

class ReflectorProperty : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { log::SetLevel("error"); }
};

TEST_F(ReflectorProperty, TheStoreIsTheServersStateOnceFaultsStop) {
  uint64_t failures = 0;
  uint64_t lists = 0;
  int checked = 0;
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, seed % 2 == 1);
    world.Run(seconds(300), kFaults.at(seed / 2 % kFaults.size()), 0.1);
    failures += world.reflector().stats().failures;
    world.Run(seconds(400), 0, 0);  // longer than the longest silence and back-off
    EXPECT_EQ(world.store().objects, world.server().Now());
    ASSERT_FALSE(world.store().confirmed.empty());
    EXPECT_EQ(world.store().confirmed.back(), base::StrCat(world.server().version()));
    EXPECT_EQ(world.reflector().stats().last_error, "");
    EXPECT_THAT(world.server().too_soon(), IsEmpty());
    lists += world.reflector().stats().lists;
    checked += world.checked();
    if (HasFailure()) {
      return;
    }
  }
  // That it has tested what it says.
  EXPECT_GT(failures, kRuns * 5);
  EXPECT_GT(lists, kRuns * 2);
  EXPECT_GT(checked, 4'000);
}

TEST_F(ReflectorProperty, AServerThatOnlyFailsIsAskedRarely) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, false);
    world.Run(seconds(3600), 1, 0);
    // From 30 s to 60 s apart, but for the first five or six.
    EXPECT_LE(world.server().requests(), 3600 / 30 + 8);
    EXPECT_GE(world.server().requests(), 50);
    EXPECT_THAT(world.server().too_soon(), IsEmpty());
  }
}

TEST_F(ReflectorProperty, AServerThatIsWellIsAskedOnceAndTold) {
  World world(3, false);
  world.Run(seconds(1), 0, 0);
  const int requests = world.server().requests();
  const uint64_t lists = world.reflector().stats().lists;
  world.Run(seconds(600), 0, 0.3);
  EXPECT_EQ(world.store().objects, world.server().Now());
  EXPECT_EQ(world.server().requests(), requests) << "the same watch";
  EXPECT_EQ(world.reflector().stats().lists, lists);
  EXPECT_EQ(world.reflector().stats().failures, 0U);
}

}  // namespace
}  // namespace sekisho::kube
