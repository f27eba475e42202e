#include "record/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>

#include <filesystem>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kOurs(64, 'a');
const std::string kTheirs(64, 'b');
constexpr uint32_t kArch = 0xc000003e;

class LedgerTest : public ::testing::Test {
 protected:
  void Process(pid_t pid, const std::string& cgroup) const {
    std::filesystem::create_directories(dir_.File(std::to_string(pid)));
    testing::WriteText(dir_.File(std::to_string(pid) + "/cgroup"), "0::" + cgroup + "\n");
    testing::WriteText(
        dir_.File(std::to_string(pid) + "/stat"),
        std::to_string(pid) + " (x) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n");
  }
  void End(pid_t pid) const { std::filesystem::remove_all(dir_.File(std::to_string(pid))); }
  void Add(pid_t pid, int64_t number, uint32_t code = SECCOMP_RET_LOG,
           const std::string& comm = "sh") {
    SeccompRecord record;
    record.comm = comm;
    record.pid = pid;
    record.arch = kArch;
    record.syscall = number;
    record.code = code;
    ledger_.Add(record);
  }

  const testing::TempDir dir_;
  Ledger ledger_{dir_.path()};
};

TEST_F(LedgerTest, SortsRecordsByWhoseTheyAre) {
  Process(1, "/kubepods/" + kOurs);
  Process(2, "/kubepods/" + kOurs + "/docker/" + kTheirs);  // runs inside ours
  Process(3, "/kubepods/" + kTheirs);
  Process(4, "/system.slice");
  Add(1, 10);
  Add(1, 10);
  Add(2, 11);
  Add(3, 12);
  Add(4, 13);
  Add(5, 14);
  const Ledger::Sum sum = ledger_.Of({kOurs});
  EXPECT_THAT(sum.recorded.calls, ElementsAre(Call{kArch, 10}, Call{kArch, 11}));
  EXPECT_EQ(sum.recorded.records, 3u);
  EXPECT_THAT(sum.records_of, ElementsAre(Pair(kOurs, 3u)));
  EXPECT_EQ(sum.elsewhere, 2u);
  EXPECT_THAT(sum.unknown.calls, ElementsAre(Call{kArch, 14}));
}

TEST_F(LedgerTest, AContainerMayBeNamedAfterItsRecords) {
  Process(1, "/kubepods/" + kOurs);
  Add(1, 10);
  EXPECT_EQ(ledger_.Of({}).elsewhere, 1u);
  EXPECT_EQ(ledger_.Of({kOurs}).recorded.records, 1u);
}

TEST_F(LedgerTest, WhatRuncDoesOnTheWayIsToldApart) {
  Process(1, "/kubepods/" + kOurs);
  Add(1, 10, SECCOMP_RET_LOG, "runc:[2:INIT]");
  Add(1, 11, SECCOMP_RET_LOG, "runc:[2:INIT]");
  Add(1, 11);
  Add(1, 10, SECCOMP_RET_LOG, "runc:[2:INIT]");
  const Ledger::Sum sum = ledger_.Of({kOurs});
  EXPECT_EQ(sum.recorded.records, 4u);
  EXPECT_THAT(sum.recorded.calls, ElementsAre(Call{kArch, 11}));
  EXPECT_THAT(sum.recorded.of_runc, ElementsAre(Call{kArch, 10}, Call{kArch, 11}));
}

TEST_F(LedgerTest, AProcessThatWasSeenOnceIsKnownAfterItsEnd) {
  Process(1, "/kubepods/" + kOurs);
  Add(1, 10);
  End(1);
  Add(1, 11);
  EXPECT_THAT(ledger_.Of({kOurs}).recorded.calls, ElementsAre(Call{kArch, 10}, Call{kArch, 11}));
}

TEST_F(LedgerTest, RefusedCallsAreNoneToAllow) {
  Process(1, "/kubepods/" + kOurs);
  Add(1, 10, SECCOMP_RET_ERRNO);
  Add(1, 11, SECCOMP_RET_KILL_PROCESS);
  EXPECT_THAT(ledger_.Of({kOurs}).recorded.calls, IsEmpty());
  EXPECT_EQ(ledger_.Of({kOurs}).recorded.records, 0u);
}

}  // namespace
}  // namespace sekisho::record
