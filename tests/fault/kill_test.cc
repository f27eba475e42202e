// Sekisho is killed where it stands, again and again, under load.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "audit/reader.h"
#include "fault/fault_fixture.h"
#include "verify/ledger.h"

namespace sekisho::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = Load::Clock;

constexpr int kCallers = 4;

// What docs/audit.md promises of a log whose writer was killed: whole lines, but for one that was
// being written, which the next agent ends. What was queued in memory is lost.
class AuditLog {
 public:
  explicit AuditLog(std::string path) : path_(std::move(path)) {}

  // Call it while nobody writes.
  void RememberKill() {
    const std::string text = ReadText(path_);
    if (!text.empty() && text.back() != '\n') {
      torn_.insert(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    }
    bytes_at_last_kill_ = text.size();
  }

  struct Seen {
    uint64_t whole = 0;
    uint64_t torn = 0;
    uint64_t forwarded_since_last_kill = 0;  // lines of requests that went on to the runtime
  };
  Seen Check() const {
    const std::string text = ReadText(path_);
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "after an orderly end";
    Seen seen;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      const auto line = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(at),
                                              text.begin() + static_cast<std::ptrdiff_t>(end),
                                              nullptr, /*allow_exceptions=*/false);
      if (line.is_object()) {
        ++seen.whole;
        EXPECT_FALSE(line.contains("event")) << line;
        seen.forwarded_since_last_kill +=
            at >= bytes_at_last_kill_ && line.value("decision", "deny") != "deny" ? 1 : 0;
      } else {
        ++seen.torn;
        EXPECT_TRUE(torn_.contains(at)) << "a broken line where nobody was killed: " << at;
      }
      at = end + 1;
    }
    return seen;
  }

 private:
  const std::string path_;
  std::set<size_t> torn_;  // where lines begin that had no end when the agent was dead
  size_t bytes_at_last_kill_ = 0;
};

class KillTest : public FaultTest {
 protected:
  // One file, so that its offsets stay; it is read at the end.
  void StartWithOneAuditFile(SekishoOptions options) {
    sekisho_ = std::make_unique<SekishoProcess>(std::move(options));
    const std::string path = dir_.File("config.yaml");
    const std::string from = "audit: {";
    std::string text = ReadText(path);
    ASSERT_NE(text.find(from), std::string::npos);
    WriteText(path, text.replace(text.find(from), from.size(), from + "maxSizeMiB: 4096, "));
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  }

  // The agent is dead: what it keeps can be read, but for a line that each kill may have cut off.
  void ExpectReadableState(uint64_t kills) const {
    const absl::StatusOr<verify::LedgerView> ledger = verify::ReadLedger(dir_.File("state"));
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    EXPECT_LE(ledger->unreadable, kills);
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir_.File("state"))) {
      EXPECT_FALSE(file.path().string().ends_with(".damaged")) << file.path();
    }
  }

  // Kills it at a moment that the seed gives, and starts it. The time from the kill to the first
  // call that was answered, without the time that looking at what it left behind took.
  milliseconds KillAndStart(uint64_t kill, Load& load, AuditLog& log) {
    EXPECT_TRUE(load.WaitForMore(std::uniform_int_distribution<uint64_t>(1, 50)(random_)));
    const Clock::time_point killed = Clock::now();
    sekisho_->Kill9();
    load.Watch(Clock::now());
    const Clock::time_point look = Clock::now();
    log.RememberKill();
    ExpectReadableState(kill);
    runtime_saw_ = counting_.sandboxes() + counting_.containers();
    const Clock::duration looked = Clock::now() - look;
    EXPECT_TRUE(sekisho_->Start()) << sekisho_->Log();
    const std::optional<Clock::time_point> answer = load.FirstAnswer();
    EXPECT_TRUE(answer.has_value()) << sekisho_->Log();
    return duration_cast<milliseconds>(answer.value_or(killed + kLong) - killed - looked);
  }

  void KillAgainAndAgain(FaultOutcome outcome, int kills, const SekishoOptions& options) {
    StartRuntime();
    StartWithOneAuditFile(options);
    AuditLog log(sekisho_->audit_path());
    Load load(sekisho_->socket(), kCallers);
    while (outcome.injected < static_cast<uint64_t>(kills) && !HasFailure()) {
      outcome.recoveries.push_back(KillAndStart(++outcome.injected, load, log));
    }
    EXPECT_TRUE(load.WaitForMore(100));
    const LoadCounts counts = load.Stop();
    ExpectAllIsWell();
    ASSERT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();

    // Each caller loses the call that was under way, and another when it makes that before its end
    // of the connection has noticed.
    EXPECT_LE(counts.lost, outcome.injected * kCallers * 2);
    for (const auto& [code, count] : counts.lost_by_code) {
      EXPECT_EQ(code, grpc::StatusCode::UNAVAILABLE) << count << " times";
    }
    const AuditLog::Seen seen = log.Check();
    EXPECT_LE(seen.torn, outcome.injected);
    // After the last kill nothing is lost: what the runtime saw was recorded before it stopped.
    EXPECT_EQ(seen.forwarded_since_last_kill,
              counting_.sandboxes() + counting_.containers() - runtime_saw_);
    const absl::StatusOr<audit::ReadStats> stats =
        audit::ReadLines(sekisho_->audit_path(), {}, [](const audit::Line&) {});
    ASSERT_TRUE(stats.ok()) << stats.status();
    EXPECT_EQ(stats->lines, seen.whole);
    RecordProperty("tornAuditLines", std::to_string(seen.torn));
    Take(counts, outcome);
    TakeWrong(outcome);
    Report(outcome);
  }

 private:
  std::mt19937_64 random_{20260101};
  uint64_t runtime_saw_ = 0;
};

constexpr char kMustHold[] =
    "nothing forbidden is forwarded, its state and its log stay readable, later calls are answered";

TEST_F(KillTest, KilledUnderLoadItComesBack) {
  KillAgainAndAgain({.fault = "sekisho-killed", .must_hold = kMustHold}, Times(100, 15), Options());
}

// As systemd starts it: the socket outlives the agent, and callers wait in it.
TEST_F(KillTest, KilledBehindASocketOfSystemd) {
  SekishoOptions options = Options();
  const base::UniqueFd listening = ListenUnix(options.dir + "/sekisho.sock");
  ASSERT_EQ(::chmod((options.dir + "/sekisho.sock").c_str(), 0600), 0);
  options.listen_fd = listening.get();
  KillAgainAndAgain({.fault = "sekisho-killed-socket-activated", .must_hold = kMustHold},
                    Times(10, 5), options);
}

}  // namespace
}  // namespace sekisho::testing
