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
    for (int i = 0; i < 100; ++i) {
      if (sekisho_->WaitForNotification("").empty()) {
        break;
      }
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
                           "calls and the agent's own questions end in time, or its watchdog "
                           "ends it; every line of the audit log can be read"};
  SekishoOptions options = OptionsWithShim();
  options.more_config = "drain: {timeoutSeconds: 1}\n";
  options.environment.emplace_back("WATCHDOG_USEC", "200000");
  StartNode(options);
  ASSERT_TRUE(AskAll(outcome)) << sekisho_->Log();
  const auto channel = ChannelTo(sekisho_->socket());
  int64_t last_jump = 0;
  for (const int64_t jump : {kTenYears, -kTenYears, int64_t{0}, int64_t{3600}, int64_t{-3600}}) {
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
    if (FeedsItsWatchdog()) {
      EXPECT_LT(took, std::chrono::seconds(kSanitized ? 15 : 8));
    } else {
      // gRPC waits for its next timer by the wall clock. Where that goes back in the very moment,
      // timers come late by as much, the agent's questions to its own queues among them: so the
      // watchdog is not fed, and the service manager does this.
      EXPECT_LT(jump, last_jump) << sekisho_->Log();
      ++outcome.lost;
      sekisho_->Signal(SIGABRT);
      EXPECT_EQ(sekisho_->Wait(kLong), 128 + SIGABRT);
      ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
    }
    last_jump = jump;
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

}  // namespace
}  // namespace sekisho::testing
