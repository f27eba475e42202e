// A profile learnt from a real container, which then runs under it.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "e2e/node_fixture.h"
#include "support/outside.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::set<std::string> NamesIn(const std::string& file) {
  std::set<std::string> names;
  const auto profile = nlohmann::json::parse(ReadText(file), nullptr, false);
  EXPECT_TRUE(profile.is_object()) << file << ": " << ReadText(file);
  if (profile.is_object()) {
    for (const auto& rule : profile.at("syscalls")) {
      const auto some = rule.at("names").get<std::vector<std::string>>();
      names.insert(some.begin(), some.end());
    }
  }
  return names;
}

class RecordTest : public NodeTest {
 protected:
  // `sekisho seccomp record`, once it listens. The test is skipped where no audit records come.
  void StartRecording(const std::string& namespace_) {
    ++recordings_;
    recorder_ = std::make_unique<OutsideProcess>(
        Command{.argv = {SEKISHO_BINARY, "seccomp", "record", "--namespace", namespace_,
                         "--container", "web", "--for", "10m", "-o", profile_, "--report", "json",
                         "--state", sekisho_->options().dir + "/state"},
                .output_file = Output()});
    ASSERT_TRUE(Eventually([this] {
      return ReadText(Output()).find("recording containers") != std::string::npos ||
             recorder_->Wait(std::chrono::milliseconds(0)).has_value();
    })) << ReadText(Output());
    if (recorder_->Wait(std::chrono::milliseconds(0)).has_value()) {
      ASSERT_THAT(ReadText(Output()), ::testing::AnyOf(HasSubstr("do not come here"),
                                                       HasSubstr("cannot be listened to")));
      GTEST_SKIP() << ReadText(Output());
    }
  }
  // Ends it. The exit code, and the report in report_.
  int EndRecording() {
    recorder_->Signal(SIGINT);
    const int code = recorder_->Wait(std::chrono::seconds(30)).value_or(-1);
    const std::string output = ReadText(Output());
    report_ = nlohmann::json::parse(output.substr(std::min(output.find("\n{") + 1, output.size())),
                                    nullptr, false);
    EXPECT_TRUE(report_.is_object()) << output;
    return code;
  }
  std::string Output() const { return dir_.File("output-" + std::to_string(recordings_)); }

  int Run(const std::string& container_id, const std::string& script) {
    const absl::StatusOr<ExecResult> result =
        client_->Exec(container_id, {"/bin/sh", "-c", script});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->exit_code : -1;
  }

  // One recording of what a container does all day; another one's container runs beside it.
  void RecordOnce(const std::string& daily) {
    StartRecording("shop");
    if (IsSkipped() || HasFatalFailure()) {
      return;
    }
    const std::string recorded = RunContainer(PodIn("shop"), {});
    EXPECT_EQ(Run(recorded, daily), 0);
    const std::string other = RunContainer(PodIn("privileged"), {});
    EXPECT_EQ(StatusOf(other).seccomp, 0);
    EXPECT_EQ(Run(other, "chroot / /bin/true"), 0);

    const int code = EndRecording();
    ASSERT_TRUE(report_.is_object());
    EXPECT_EQ(code, report_.at("complete") == true ? 0 : 3);
    ASSERT_EQ(report_.at("containers").size(), 1u) << report_.dump(2);
    EXPECT_EQ(report_.at("containers").at(0).at("id"), recorded);
    EXPECT_GT(report_.at("containers").at(0).at("records"), 0);
  }

  int recordings_ = 0;
  const TempDir dir_;
  const std::string profile_ = dir_.File("web.json");
  std::unique_ptr<OutsideProcess> recorder_;
  nlohmann::json report_;
};

TEST_F(RecordTest, TheOutsideIsTheMachineWithOurFiles) {
  WriteText(dir_.File("ours"), "here");
  OutsideProcess process(
      {.argv = {"/bin/sh", "-c",
                "cat " + dir_.File("ours") + "; readlink /proc/self/ns/pid /proc/self/ns/net"},
       .output_file = Output()});
  EXPECT_EQ(process.Wait(std::chrono::seconds(10)), 0);
  EXPECT_THAT(ReadText(Output()), ::testing::StartsWith("here"));
  for (const char* name : {"pid", "net"}) {
    EXPECT_THAT(ReadText(Output()), Not(HasSubstr(NamespaceOf(::getpid(), name))));
  }
}

TEST_F(RecordTest, TheProfileRunsTheContainerAndDeniesWhatItNeverDid) {
  // With processes that live for a millisecond, so that the recorder has to be quick.
  constexpr char kDaily[] =
      "i=0; while [ $i -lt 100 ]; do i=$((i+1)); /bin/busybox true; done;"
      "mkdir /tmp/made && echo hello > /tmp/made/file && cat /tmp/made/file";
  // On a busy machine records get lost. Then the recording says so, and another one adds to it.
  do {
    RecordOnce(kDaily);
    if (IsSkipped() || HasFatalFailure()) {
      return;
    }
  } while (report_.at("complete") != true && recordings_ < 5);
  ASSERT_EQ(report_.at("complete"), true) << report_.dump(2);
  EXPECT_EQ(report_.at("lost").at("missing"), 0) << report_.dump(2);
  EXPECT_EQ(report_.at("lost").at("overruns"), 0);
  const std::set<std::string> names = NamesIn(profile_);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"execve", "mkdir", "openat", "write"}));
  EXPECT_THAT(names, Not(Contains("chroot")));

  // The same container under what was learnt.
  node_->AddSeccompProfile("web.json", ReadText(profile_));
  const std::string confined = RunContainer(
      PodIn("shop"), {.edit = [this](cri_v1::ContainerConfig& config) {
        auto& seccomp = *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
        seccomp.set_profile_type(cri_v1::SecurityProfile::Localhost);
        seccomp.set_localhost_ref(node_->SeccompProfilePath("web.json"));
      }});
  EXPECT_EQ(StatusOf(confined).seccomp, 2);
  EXPECT_EQ(Run(confined, kDaily), 0);
  EXPECT_NE(Run(confined, "chroot / /bin/true"), 0);
}

TEST_F(RecordTest, AKilledRecorderLeavesNothingBehind) {
  StartRecording("shop");
  if (IsSkipped() || HasFatalFailure()) {
    return;
  }
  const auto is_logged = [this](const std::string& id) {
    cri_v1::ContainerStatusRequest request;
    request.set_container_id(id);
    request.set_verbose(true);
    cri_v1::ContainerStatusResponse response;
    EXPECT_TRUE(direct_->Call("ContainerStatus", request, response).ok());
    return response.info().at("info").find("SCMP_ACT_LOG") != std::string::npos;
  };
  EXPECT_TRUE(is_logged(RunContainer(PodIn("shop"), {})));
  recorder_->Signal(SIGKILL);
  EXPECT_EQ(recorder_->Wait(std::chrono::seconds(10)), 128 + SIGKILL);
  EXPECT_FALSE(is_logged(RunContainer(PodIn("shop"), {})));
}

}  // namespace
}  // namespace sekisho::testing
