#include "app/signals.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace sekisho::app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{20000};
constexpr int kTaken[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

// The mask and the handler of SIGPIPE outlive a Signals, on purpose; other tests of this program
// get theirs back.
class SignalsTest : public ::testing::Test {
 protected:
  SignalsTest() {
    (void)::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
    (void)::sigaction(SIGPIPE, nullptr, &sigpipe_);
  }
  ~SignalsTest() override {
    (void)::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    (void)::sigaction(SIGPIPE, &sigpipe_, nullptr);
  }

 private:
  sigset_t mask_{};
  struct sigaction sigpipe_ {};
};

TEST_F(SignalsTest, EverySignalIsReadAndEndsNothing) {
  Signals signals;
  for (const int number : kTaken) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
    EXPECT_EQ(signals.Wait(kLong), number);
  }
  EXPECT_EQ(signals.Wait(milliseconds(0)), std::nullopt);
}

TEST_F(SignalsTest, NoneIsLostWhileNobodyWaits) {
  Signals signals;
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  const std::optional<int> first = signals.Wait(kLong);
  const std::optional<int> second = signals.Wait(kLong);
  // Which of two pending signals comes first is the kernel's choice.
  EXPECT_TRUE((first == SIGHUP && second == SIGTERM) || (first == SIGTERM && second == SIGHUP))
      << first.value_or(-1) << " " << second.value_or(-1);
}

TEST_F(SignalsTest, AStopIsSeenBeforeItIsRead) {
  Signals signals;
  for (const int number : {SIGHUP, SIGUSR1}) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
    EXPECT_FALSE(signals.StopIsPending());
    EXPECT_EQ(signals.Wait(kLong), number);
  }
  for (const int number : {SIGTERM, SIGINT}) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
    EXPECT_TRUE(signals.StopIsPending());
    EXPECT_EQ(signals.Wait(kLong), number);
    EXPECT_FALSE(signals.StopIsPending());
  }
}

TEST_F(SignalsTest, WithoutASignalTheTimeoutEndsTheWait) {
  Signals signals;
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(signals.Wait(milliseconds(20)), std::nullopt);
  EXPECT_GE(std::chrono::steady_clock::now() - started, milliseconds(19));
}

TEST_F(SignalsTest, ThreadsStartedLaterNeverTakeOne) {
  const Signals signals;
  sigset_t inherited;
  std::thread([&] { (void)::pthread_sigmask(SIG_SETMASK, nullptr, &inherited); }).join();
  for (const int number : kTaken) {
    EXPECT_EQ(::sigismember(&inherited, number), 1) << number;
  }
}

TEST_F(SignalsTest, APeerThatHangsUpIsOnlyAFailedWrite) {
  const Signals signals;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::close(ends[0]), 0);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ASSERT_EQ(::close(ends[1]), 0);
}

}  // namespace
}  // namespace sekisho::app
