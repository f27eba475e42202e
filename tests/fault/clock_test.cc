// A wall clock that jumps.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "fault/node_fixture.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDay = 24 * 3600;
constexpr int64_t kTenYears = 3653 * kDay;

// What the shim adds to the agent's wall clock.
class ClockOffset {
 public:
  explicit ClockOffset(const std::string& path) {
    WriteText(path, std::string(sizeof(int64_t), '\0'));
    const base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    page_ = ::mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  }
  ~ClockOffset() { (void)::munmap(page_, sizeof(int64_t)); }
  ClockOffset(const ClockOffset&) = delete;
  ClockOffset& operator=(const ClockOffset&) = delete;

  void Set(int64_t seconds) { *static_cast<volatile int64_t*>(page_) = seconds; }

 private:
  void* page_ = nullptr;
};

class ClockTest : public FaultNodeTest {
 protected:
  SekishoOptions OptionsWithShim(const std::string& more_policy = "") const {
    SekishoOptions options = FaultOptions(more_policy);
    options.environment = {{"SEKISHO_CLOCK_OFFSET", dir_.File("offset")},
                           {"LD_PRELOAD", SEKISHO_CLOCK_SHIM},
                           // The sanitizer's own library is second then.
                           {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
    return options;
  }
  // What was sent before does not count.
  bool FeedsItsWatchdog() const {
    while (!sekisho_->WaitForNotification("").empty()) {
    }
    return !sekisho_->WaitForNotification("WATCHDOG=1").empty() &&
           !sekisho_->WaitForNotification("WATCHDOG=1").empty();
  }
  // In how many days from the machine's today.
  static std::string DateIn(int days) {
    const std::chrono::year_month_day date(
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) +
        std::chrono::days(days));
    char text[16];
    (void)std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
  }

  ClockOffset offset_{dir_.File("offset")};
};

TEST_F(ClockTest, AnExemptionEndsByTheWallClockAndNoRequestLater) {
  FaultOutcome outcome{.fault = "clock-jumps-over-the-end-of-an-exemption",
                       .must_hold =
                           "an exemption holds on its last day and not on the next one, "
                           "whichever way the clock went there"};
  StartNode(
      OptionsWithShim("exemptions:\n- match: {namespaces: [shop]}\n  reason: a test\n"
                      "  expires: " +
                      DateIn(10) + "\n"));
  const struct {
    int64_t days;
    grpc::StatusCode code;
  } kJumps[] = {{0, grpc::StatusCode::OK},     {12, grpc::StatusCode::PERMISSION_DENIED},
                {8, grpc::StatusCode::OK},     {3653, grpc::StatusCode::PERMISSION_DENIED},
                {-3653, grpc::StatusCode::OK}, {12, grpc::StatusCode::PERMISSION_DENIED}};
  for (const auto& jump : kJumps) {
    offset_.Set(jump.days * kDay);
    ++outcome.injected;
    for (int i = 0; i < 5; ++i) {
      ++outcome.calls;
      const grpc::StatusCode code = CodeOfHostPidPod();
      EXPECT_EQ(code, jump.code) << jump.days;
      outcome.answered += code == jump.code ? 1 : 0;
      outcome.wrongly_forwarded +=
          code == grpc::StatusCode::OK && jump.code != grpc::StatusCode::OK ? 1 : 0;
    }
  }
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  outcome.lost = outcome.calls - outcome.answered;
  EXPECT_EQ(outcome.lost, 0u);
  Report(outcome);
}

TEST_F(ClockTest, NothingFiresAndNothingHangsWhenItJumpsTenYears) {
  FaultOutcome outcome{.fault = "clock-jumps-ten-years",
                       .must_hold =
                           "the watchdog is fed, calls and drains end, every line of the "
                           "audit log can be read"};
  SekishoOptions options = OptionsWithShim();
  options.more_config = "drain: {timeoutSeconds: 1}\n";
  options.environment.emplace_back("WATCHDOG_USEC", "1000000");  // fed each half
  StartNode(options);
  ASSERT_TRUE(AskAll(outcome)) << sekisho_->Log();
  const auto channel = ChannelTo(sekisho_->socket());
  for (const int64_t jump : {kTenYears, -kTenYears}) {
    SCOPED_TRACE(jump);
    // One call is under way, and asks the runtime a question that it does not answer.
    const auto begun = std::chrono::steady_clock::now();
    runtime_->SetHandler([](const FakeCall&) {
      FakeReply reply;
      reply.hang = true;
      return reply;
    });
    const size_t asked = runtime_->CountOf(kPodSandboxStatus);
    RawCall call(channel, kCreateContainer);
    ASSERT_TRUE(call.Send(CreateContainer("unknown", {}, {}).SerializeAsString()));
    ASSERT_TRUE(
        Eventually([&] { return runtime_->CountOf(kPodSandboxStatus) == asked + 1; }, kLong));
    offset_.Set(jump);
    ++outcome.injected;
    // Its own five seconds, and not ten years, and not at once.
    EXPECT_FALSE(call.Finish().ok());
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GT(took, std::chrono::seconds(4));
    NameContainers();
    // gRPC waits for its next timer by the wall clock: one that is pending when that goes back may
    // be late, and the caller's own deadline ends the call then.
    EXPECT_LT(took, jump > 0 ? std::chrono::seconds(kSanitized ? 15 : 8) : kLong);
    EXPECT_TRUE(FeedsItsWatchdog()) << sekisho_->Log();
    WaitUntilWell(outcome);
  }
  // A drain that has to be cut off, by a clock that jumps meanwhile.
  const size_t before = runtime_->CountOf(kStatus);
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    return reply;
  });
  RawCall call(channel, kStatus);
  ASSERT_TRUE(call.Send(""));
  ASSERT_TRUE(Eventually([&] { return runtime_->CountOf(kStatus) == before + 1; }, kLong));
  sekisho_->Signal(SIGTERM);
  EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
  offset_.Set(-kTenYears);
  EXPECT_EQ(sekisho_->Wait(kLong), 0) << sekisho_->Log();
  EXPECT_FALSE(call.Finish().ok());
  // A start at that time, with what was kept at another one.
  NameContainers();
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  WaitUntilWell(outcome);
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  const std::regex rfc3339(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)");
  for (const std::string& text : sekisho_->AuditLines(1)) {
    const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
    ASSERT_TRUE(line.is_object()) << text;
    EXPECT_TRUE(std::regex_match(line.value("time", ""), rfc3339)) << text;
  }
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(ClockTest, TheWatchdogIsFedHoweverOftenItJumps) {
  FaultOutcome outcome{.fault = "clock-jumps-again-and-again",
                       .must_hold = "the watchdog is fed, and every call is answered"};
  SekishoOptions options = OptionsWithShim();
  options.environment.emplace_back("WATCHDOG_USEC", "20000");  // fed each ten milliseconds
  StartNode(options);
  for (int i = 0; i < 40 && !HasFailure(); ++i) {
    // Back by an hour more each time, and half of it forwards.
    offset_.Set(i % 2 == 0 ? -3600 * i : 1800 * i);
    ++outcome.injected;
    EXPECT_TRUE(AskAll(outcome)) << sekisho_->Log();
    for (int fed = 0; fed < 5 && !HasFailure(); ++fed) {
      EXPECT_NE(sekisho_->WaitForNotification("WATCHDOG=1"), "") << "after jump " << i;
    }
  }
  EXPECT_EQ(outcome.lost, 0u);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
