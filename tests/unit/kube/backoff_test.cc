#include "kube/backoff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "fake_loop.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<int64_t> Waits(Backoff& backoff, FakeLoop& loop, int count) {
  std::vector<int64_t> waits;
  for (int i = 0; i < count; ++i) {
    waits.push_back(backoff.Next(loop).count());
  }
  return waits;
}

TEST(Backoff, DoublesUpToItsMost) {
  FakeLoop loop;
  Backoff backoff(Backoff::Options{});
  EXPECT_EQ(Waits(backoff, loop, 8),
            (std::vector<int64_t>{800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}));
}

TEST(Backoff, IsStretchedByUpToItself) {
  struct Row {
    double random;
    int64_t first;
    int64_t last;
  };
  const std::vector<Row> rows = {{0, 800, 30'000}, {0.5, 1200, 45'000}, {0.999, 1599, 59'970}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.random);
    FakeLoop loop;
    loop.SetRandom(row.random);
    Backoff backoff(Backoff::Options{});
    const std::vector<int64_t> waits = Waits(backoff, loop, 10);
    EXPECT_EQ(waits.front(), row.first);
    EXPECT_EQ(waits.back(), row.last);
  }
}

TEST(Backoff, StartsAgainWhenNothingHasFailedForLong) {
  struct Row {
    std::string name;
    milliseconds pause;
    int64_t expected;
  };
  const std::vector<Row> rows = {
      {"just as long: not yet", milliseconds(120'000), 6400},
      {"a little longer", milliseconds(120'001), 800},
      {"soon after", milliseconds(10), 6400},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    FakeLoop loop;
    Backoff backoff(Backoff::Options{});
    Waits(backoff, loop, 3);
    loop.Pass(row.pause);
    EXPECT_EQ(backoff.Next(loop).count(), row.expected);
    EXPECT_EQ(backoff.Next(loop).count(), row.expected * 2) << "and grows again from there";
  }
}

// Each failure counts anew: what fails once a minute is not forgotten between.
TEST(Backoff, RemembersWhileFailuresGoOn) {
  FakeLoop loop;
  Backoff backoff(Backoff::Options{});
  std::vector<int64_t> waits;
  for (int i = 0; i < 4; ++i) {
    waits.push_back(backoff.Next(loop).count());
    loop.Pass(seconds(100));
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{800, 1600, 3200, 6400}));
}

TEST(Backoff, WaitsAsLongAsTheServerAsksButNoLongerThanFiveMinutes) {
  struct Row {
    std::string name;
    std::optional<seconds> asked;
    int64_t expected;
  };
  const std::vector<Row> rows = {
      {"nothing", std::nullopt, 800},
      {"none", seconds(0), 800},
      {"less than the wait is", seconds(-5), 800},
      {"a second", seconds(1), 1000},
      {"five minutes", seconds(300), 300'000},
      {"an hour", seconds(3600), 300'000},
      {"what does not fit into milliseconds", seconds(std::numeric_limits<int64_t>::max()),
       300'000},
      {"the least there is", seconds(std::numeric_limits<int64_t>::min()), 800},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    FakeLoop loop;
    Backoff backoff(Backoff::Options{});
    EXPECT_EQ(backoff.Next(loop, row.asked).count(), row.expected);
    EXPECT_EQ(backoff.Next(loop).count(), 1600) << "its own wait has grown all the same";
  }
}

TEST(Backoff, WhatIsAskedDoesNotShortenItsOwnWait) {
  FakeLoop loop;
  Backoff backoff(Backoff::Options{});
  Waits(backoff, loop, 5);
  EXPECT_EQ(backoff.Next(loop, seconds(1)).count(), 25'600);
}

}  // namespace
}  // namespace sekisho::kube
