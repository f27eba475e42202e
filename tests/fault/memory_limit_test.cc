// The service has an end of its memory (systemd/sekisho.service, MemoryMax=), since gRPC has none
// for what a client makes it hold.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <csignal>

#include "fault/fault_fixture.h"
#include "fault/memory_cgroup.h"
#include "support/raw_http2.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// What stands in the unit, in bytes; 0 when there is nothing.
uint64_t MemoryMaxOfTheUnit() {
  constexpr std::string_view kKey = "\nMemoryMax=";
  const std::string unit = ReadText(SEKISHO_UNIT);
  const size_t at = unit.find(kKey);
  if (at == std::string::npos) {
    return 0;
  }
  size_t end = 0;
  const uint64_t number = std::stoull(unit.substr(at + kKey.size()), &end);
  EXPECT_EQ(unit.substr(at + kKey.size() + end, 2), "M\n");
  return number << 20;
}

// Headers that do not end, until nobody takes them: of each byte gRPC holds several. The bytes
// that were taken.
uint64_t SendHeadersWithoutEnd(int fd, uint64_t bytes_max) {
  const std::string field = http2::Literal("some-name", std::string(100, 'x'));
  std::string fields;
  while (fields.size() + field.size() < (16 << 10)) {
    fields += field;
  }
  const std::string more = http2::Frame(http2::kContinuation, 0, 1, fields);
  std::string out =
      http2::Preface() + http2::Frame(http2::kHeaders, 0, 1, http2::RequestHeaders(kVersion));
  const timeval patience{.tv_sec = kLong.count(), .tv_usec = 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  uint64_t total = 0;
  while (total < bytes_max) {
    const ssize_t sent = ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      break;
    }
    total += static_cast<uint64_t>(sent);
    out.erase(0, static_cast<size_t>(sent));
    if (out.empty()) {
      out = more;
    }
  }
  return total;
}

class MemoryLimitTest : public FaultTest {};

TEST_F(MemoryLimitTest, WhoFillsItEndsTheAgentAndNotTheNode) {
  FaultOutcome outcome = {
      .fault = "client-fills-the-memory-of-the-unit",
      .must_hold =
          "the agent is killed at MemoryMax= of its unit and nothing else on the node; "
          "the next process serves",
      .injected = 1};
  const uint64_t bytes_max = MemoryMaxOfTheUnit();
  ASSERT_GT(bytes_max, 0u);
  const MemoryCgroup cgroup(bytes_max);
  if (!cgroup.problem().empty()) {
    GTEST_SKIP() << cgroup.problem();
  }
  Start();
  ExpectAllIsWell();
  const pid_t agent = sekisho_->pid();
  outcome.rss_kib_before = RssKiB(agent);
  cgroup.Take(agent);

  Load load(sekisho_->socket(), 2);
  EXPECT_TRUE(load.WaitForMore(20));
  const base::UniqueFd connection = ConnectUnix(sekisho_->socket());
  ASSERT_TRUE(connection.valid());
  const uint64_t taken = SendHeadersWithoutEnd(connection.get(), 4 * bytes_max);
  RecordProperty("bytesTaken", std::to_string(taken));
  ASSERT_EQ(sekisho_->Wait(kLong), 128 + SIGKILL) << sekisho_->Log();
  outcome.rss_kib_most = cgroup.Peak() >> 10;
  EXPECT_LE(outcome.rss_kib_most, bytes_max >> 10);

  const Load::Clock::time_point killed = Load::Clock::now();
  load.Watch(killed);
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  const std::optional<Load::Clock::time_point> answer = load.FirstAnswer();
  ASSERT_TRUE(answer.has_value()) << sekisho_->Log();
  outcome.recoveries.push_back(duration_cast<milliseconds>(*answer - killed));
  EXPECT_TRUE(load.WaitForMore(20));
  Take(load.Stop(), outcome);
  ExpectAllIsWell();
  TakeWrong(outcome);
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
