#include "install/kubelet_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace sekisho::install {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kUnit[] = "kubelet.service";
constexpr char kSocket[] = "/run/sekisho/sekisho.sock";

// A kubelet over time: everything is a function of the milliseconds since the waiting began.
class Story final : public Systemd, public KubeletHealth {
 public:
  std::function<pid_t(int ms)> pid = [](int) { return 100; };  // 0: not running
  std::function<int(int ms)> connections = [](int) { return 1; };
  std::function<Healthz(int ms)> healthz = [](int) { return Healthz::kOk; };
  std::function<std::optional<uint64_t>(int ms)> answered = [](int ms) {
    return std::optional<uint64_t>(ms / 1000);
  };

  absl::StatusOr<UnitState> Show(const std::string&) override {
    UnitState state;
    state.loaded = true;
    state.main_pid = pid(ms_);
    state.active_state = state.main_pid != 0 ? "active" : "activating";
    state.sub_state = state.main_pid != 0 ? "running" : "auto-restart";
    return state;
  }
  absl::Status DaemonReload() override { return absl::OkStatus(); }
  absl::Status Start(const std::vector<std::string>&) override { return absl::OkStatus(); }
  absl::Status Restart(const std::string&) override { return absl::OkStatus(); }
  absl::Status Stop(const std::vector<std::string>&) override { return absl::OkStatus(); }
  absl::Status Enable(const std::vector<std::string>&) override { return absl::OkStatus(); }
  absl::Status Disable(const std::vector<std::string>&) override { return absl::OkStatus(); }
  absl::Status ArmTimer(const std::string&, seconds, const std::vector<std::string>&) override {
    return absl::OkStatus();
  }
  absl::Status DisarmTimer(const std::string&) override { return absl::OkStatus(); }
  std::string LogOf(const std::string&, int) override { return ""; }

  Healthz AskHealthz() override { return healthz(ms_); }
  absl::StatusOr<int> Connections(pid_t, const std::string& socket) override {
    EXPECT_EQ(socket, kSocket);
    return connections(ms_);
  }
  absl::StatusOr<std::string> AskVersion(const std::string&) override { return "containerd 1"; }
  std::optional<uint64_t> AnsweredBy(const std::string&) override { return answered(ms_); }
  void Sleep(milliseconds time) override { ms_ += static_cast<int>(time.count()); }
  std::chrono::steady_clock::time_point Now() override {
    return std::chrono::steady_clock::time_point(milliseconds(ms_));
  }

  int ms() const { return ms_; }

 private:
  int ms_ = 0;
};

absl::Status Wait(Story& story) {
  return WaitForKubelet({.unit = kUnit, .socket = kSocket, .through_agent = true, .healthz = true},
                        seconds(20), story, story);
}

TEST(WaitForKubeletTest, IsSatisfiedOnceAllWasWellForAWhile) {
  Story story;
  EXPECT_TRUE(Wait(story).ok());
  EXPECT_GE(story.ms(), 3000);
  EXPECT_LT(story.ms(), 5000);
}

TEST(WaitForKubeletTest, BeginsAnewWithEachNewProcess) {
  Story story;
  story.pid = [](int ms) { return ms < 2000 ? 100 : 101; };
  EXPECT_TRUE(Wait(story).ok());
  EXPECT_GE(story.ms(), 5000);
}

TEST(WaitForKubeletTest, SaysWhatWasMissingAtTheEnd) {
  struct Case {
    const char* name;
    std::function<void(Story&)> change;
    const char* why;
  };
  const std::vector<Case> cases = {
      {"not running", [](Story& s) { s.pid = [](int) { return 0; }; },
       "kubelet.service is activating (auto-restart)"},
      {"a crash loop", [](Story& s) { s.pid = [](int ms) { return 100 + ms / 2000; }; },
       "it was not well for long enough"},
      {"not connected", [](Story& s) { s.connections = [](int) { return 0; }; },
       "(pid 100) is not connected to /run/sekisho/sekisho.sock"},
      {"unwell", [](Story& s) { s.healthz = [](int) { return Healthz::kUnwell; }; },
       "healthz does not say ok"},
      {"silent", [](Story& s) { s.healthz = [](int) { return Healthz::kSilent; }; },
       "healthz does not say ok"},
      {"connected, but no call gets an answer",
       [](Story& s) { s.answered = [](int) { return std::optional<uint64_t>(5); }; },
       "no call of it was answered through the agent"},
      {"the agent says nothing",
       [](Story& s) { s.answered = [](int) { return std::optional<uint64_t>(); }; },
       "no call of it was answered through the agent"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    Story story;
    test.change(story);
    const absl::Status status = Wait(story);
    EXPECT_TRUE(absl::IsDeadlineExceeded(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("not well after 20 s"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.why));
    EXPECT_GE(story.ms(), 20000);
    EXPECT_LE(story.ms(), 20200);
  }
}

TEST(WaitForKubeletTest, AsksOnlyForWhatThereWas) {
  Story story;
  story.healthz = [](int) { return Healthz::kSilent; };
  story.answered = [](int) { return std::optional<uint64_t>(); };
  EXPECT_TRUE(WaitForKubelet({.unit = kUnit, .socket = kSocket}, seconds(20), story, story).ok());
}

}  // namespace
}  // namespace sekisho::install
