// With a real datagram socket as the service manager's end.
#include "app/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <string>

#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::app {
namespace {

using ::testing::StartsWith;

class NotifyTest : public ::testing::Test {
 protected:
  NotifyTest() { ::setenv("NOTIFY_SOCKET", dir_.File("notify").c_str(), 1); }
  ~NotifyTest() override { ::unsetenv("NOTIFY_SOCKET"); }

  // The next message: a send to a unix socket has arrived when it returns. "" when there is none.
  std::string Next() const {
    std::array<char, 4096> buffer;
    const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return length < 0 ? "" : std::string(buffer.data(), static_cast<size_t>(length));
  }

 private:
  const testing::TempDir dir_;
  const base::UniqueFd socket_ = testing::BindUnix(dir_.File("notify"), SOCK_DGRAM);
};

TEST_F(NotifyTest, SaysEachInTheServiceManagersWords) {
  NotifyReady("policy 12ab, generation 1");
  EXPECT_EQ(Next(), "READY=1\nSTATUS=policy 12ab, generation 1");
  NotifyStatus("2 audit records lost");
  EXPECT_EQ(Next(), "STATUS=2 audit records lost");
  NotifyWatchdog();
  EXPECT_EQ(Next(), "WATCHDOG=1");
  NotifyStopping();
  EXPECT_EQ(Next(), "STOPPING=1");
  NotifyMoreTime(std::chrono::seconds(75));
  EXPECT_EQ(Next(), "EXTEND_TIMEOUT_USEC=75000000");
  EXPECT_EQ(Next(), "");
}

// A Type=notify-reload unit takes a reload for begun only with a time that is not before its own.
TEST_F(NotifyTest, AReloadSaysWhenItBegan) {
  const auto microseconds = [] {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
  };
  const long long before = microseconds();
  NotifyReloading();
  const long long after = microseconds();
  const std::string message = Next();
  const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_THAT(message, StartsWith(prefix));
  const long long said = std::stoll(message.substr(prefix.size()));
  EXPECT_GE(said, before);
  EXPECT_LE(said, after);
}

TEST(WatchdogIntervalTest, IsHalfOfWhatTheServiceManagerAsksFor) {
  using Interval = std::optional<std::chrono::milliseconds>;
  const std::string own = std::to_string(::getpid());
  const struct {
    const char* name;
    const char* usec;  // WATCHDOG_USEC; nullptr: not set
    const char* pid;   // WATCHDOG_PID
    Interval expected;
  } kRows[] = {
      {"no watchdog", nullptr, nullptr, std::nullopt},
      {"for anybody", "2000000", nullptr, std::chrono::milliseconds(1000)},
      {"for this process", "30000000", own.c_str(), std::chrono::milliseconds(15000)},
      {"for another process", "2000000", "1", std::nullopt},
      {"no number", "soon", nullptr, std::nullopt},
      {"zero", "0", nullptr, std::nullopt},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    row.usec == nullptr ? ::unsetenv("WATCHDOG_USEC") : ::setenv("WATCHDOG_USEC", row.usec, 1);
    row.pid == nullptr ? ::unsetenv("WATCHDOG_PID") : ::setenv("WATCHDOG_PID", row.pid, 1);
    EXPECT_EQ(WatchdogInterval(), row.expected);
  }
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

}  // namespace
}  // namespace sekisho::app
