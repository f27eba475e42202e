#include "kube/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sekisho::kube {
namespace {

using std::chrono::seconds;

constexpr Loop::TimePoint At(int second) {
  return Loop::TimePoint(seconds(second));
}

TEST(Timers, RunInTheirOrderWhateverTheOrderOfAdding) {
  Timers timers;
  std::string called;
  timers.Add(1, At(3), [&] { called += 'c'; });
  timers.Add(2, At(1), [&] { called += 'a'; });
  timers.Add(3, At(2), [&] { called += 'b'; });
  timers.Add(4, At(2), [&] { called += 'B'; });
  EXPECT_EQ(timers.Next(), At(1));

  EXPECT_EQ(timers.RunDue(At(0)), 0U);
  EXPECT_EQ(timers.RunDue(At(2)), 3U);
  EXPECT_EQ(called, "abB");
  EXPECT_EQ(timers.Next(), At(3));
  EXPECT_EQ(timers.RunDue(At(9)), 1U);
  EXPECT_EQ(called, "abBc");
  EXPECT_EQ(timers.Next(), std::nullopt);
}

TEST(Timers, MayAddAndCancelEachOther) {
  Timers timers;
  std::string called;
  timers.Add(1, At(1), [&] {
    called += 'a';
    timers.Cancel(1);  // itself: too late, and no harm
    timers.Cancel(2);
    timers.Add(4, At(1), [&] { called += 'd'; });
    timers.Add(5, At(5), [&] { called += 'e'; });
  });
  timers.Add(2, At(1), [&] { called += 'b'; });
  timers.Add(3, At(2), [&] { called += 'c'; });

  timers.RunDue(At(2));
  EXPECT_EQ(called, "adc");
  timers.Cancel(5);
  timers.Cancel(77);
  EXPECT_EQ(timers.Next(), std::nullopt);
}

}  // namespace
}  // namespace sekisho::kube
