// A disk that is full, or read-only, where the agent writes.
#include <nlohmann/json.hpp>

#include "fault/node_fixture.h"
#include "fault/small_disk.h"
#include "support/seccomp_profiles.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

constexpr size_t kKiB = 4096;

class DiskTest : public FaultNodeTest {
 protected:
  void SetUp() override {
    if (const std::string& problem = PrivateMountsProblem(); !problem.empty()) {
      GTEST_SKIP() << problem;
    }
  }
  SekishoOptions OptionsOnDisk() const {
    SekishoOptions options = FaultOptions();
    options.audit_path = dir_.File("log/audit.jsonl");
    // How often the agent looks at its audit log follows from the watchdog.
    options.environment = {{"WATCHDOG_USEC", "200000"}};
    return options;
  }
  // Another profile each time, so that there is no copy of it yet.
  void WriteNewProfile() {
    static constexpr const char* kLeftOut[] = {
        "umask", "getpriority", "sched_get_priority_max", "sched_get_priority_min",
        "times", "getrusage"};
    const size_t i = profiles_++ % std::size(kLeftOut);
    WriteText(profile(), RuntimeDefaultWithout({kLeftOut[i]}));
  }
  std::string RefusalOfProfile() const {
    return Call(kCreateContainer, ContainerWithProfile(profile()).SerializeAsString())
        .status.error_message();
  }
  // Lines of decisions, and how many more the log says were lost.
  std::pair<size_t, size_t> RecordsWrittenAndLost() const {
    std::pair<size_t, size_t> records;
    for (const std::string& text : sekisho_->AuditLines(1)) {
      const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
      EXPECT_TRUE(line.is_object()) << text;
      if (line.value("event", "") == "records-lost") {
        records.second += line.value("count", size_t{0});
      } else {
        ++records.first;
      }
    }
    return records;
  }

 private:
  size_t profiles_ = 1;  // the fixture has written the first one
};

TEST_F(DiskTest, AFullDiskOfTheAuditLogStopsNoDecision) {
  FaultOutcome outcome{.fault = "audit-log-disk-full",
                       .must_hold =
                           "every call is decided and answered; the lost records are "
                           "counted, and the log says how many once there is space"};
  const SmallDisk disk(dir_.File("log"), kKiB);
  StartNode(OptionsOnDisk());
  uint64_t decisions = 1;
  for (int round = 0; round < 5; ++round) {
    disk.Fill();
    ++outcome.injected;
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(AskAll(outcome)) << sekisho_->Log();
    }
    EXPECT_NE(sekisho_->WaitForNotification("audit records lost"), "");
    disk.Free();
    WaitUntilWell(outcome);
    // As much as the next line is that says what is missing.
    EXPECT_TRUE(Eventually([&] {
      AskAll(outcome);
      return ReadText(sekisho_->audit_path()).ends_with("}\n");
    }));
  }
  EXPECT_EQ(outcome.lost, 0u);
  decisions += outcome.calls;
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  const auto [written, lost] = RecordsWrittenAndLost();
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(written + lost, decisions);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(DiskTest, AFullDiskOfTheStateRefusesWhatCannotBeCopied) {
  FaultOutcome outcome{.fault = "state-disk-full",
                       .must_hold =
                           "a container whose profile cannot be copied is refused, the "
                           "others are decided; it is let through once there is space"};
  const SmallDisk disk(state(), kKiB);
  StartNode(OptionsOnDisk());
  ASSERT_TRUE(AskAll(outcome)) << sekisho_->Log();
  for (int round = 0; round < 5; ++round) {
    disk.Fill();
    WriteNewProfile();
    ++outcome.injected;
    ++outcome.calls;
    ++outcome.lost;
    EXPECT_THAT(RefusalOfProfile(), HasSubstr("cannot be copied"));
    const uint64_t lost_before = outcome.lost;
    EXPECT_FALSE(AskAll(outcome));
    EXPECT_EQ(outcome.lost, lost_before + 1) << "only the container with a new profile";
    disk.Free();
    WaitUntilWell(outcome);
  }
  EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

TEST_F(DiskTest, AReadOnlyDiskAtTheStartIsUsedOnceItIsWritable) {
  FaultOutcome outcome{.fault = "disk-read-only-at-start",
                       .must_hold =
                           "the agent starts and decides; a container whose profile cannot "
                           "be copied is refused; all is well once it is writable"};
  for (int round = 0; round < 2; ++round) {
    const SmallDisk log(dir_.File("log"), kKiB);
    const SmallDisk kept(state(), kKiB);
    if (round == 1) {  // a node on which the agent has run before
      StartNode(OptionsOnDisk());
      ASSERT_TRUE(AskAll(outcome));
      EXPECT_EQ(sekisho_->Terminate(), 0);
      WriteNewProfile();
    }
    ASSERT_TRUE(log.Remount(SmallDisk::Mode::kReadOnly));
    ASSERT_TRUE(kept.Remount(SmallDisk::Mode::kReadOnly));
    ++outcome.injected;
    StartNode(OptionsOnDisk());
    EXPECT_THAT(RefusalOfProfile(), HasSubstr("cannot be copied"));
    EXPECT_FALSE(AskAll(outcome));
    ASSERT_TRUE(log.Remount(SmallDisk::Mode::kWritable));
    ASSERT_TRUE(kept.Remount(SmallDisk::Mode::kWritable));
    WaitUntilWell(outcome);
    sekisho_->Signal(SIGTERM);
    EXPECT_NE(sekisho_->WaitForNotification("STOPPING=1"), "");
    EXPECT_EQ(sekisho_->Wait(kLong), 0) << sekisho_->Log();
    EXPECT_GT(RecordsWrittenAndLost().second, 0u);
  }
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
