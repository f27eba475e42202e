// The kernel's own audit records of processes with a real filter.
#include <gmock/gmock.h>
#include <sched.h>

#include <filesystem>

#include "integration/record_fixture.h"
#include "record/lease.h"
#include "record/recorder.h"
#include "support/temp_dir.h"

namespace sekisho::record {
namespace {

TEST_F(KernelAuditTest, SeesExactlyWhatAProcessDid) {
  absl::StatusOr<KernelAudit> audit = KernelAudit::Open();
  ASSERT_TRUE(audit.ok()) << audit.status();
  seccomp::Program program = LogThem();
  Child victim([&] {
    const bool loaded = LoadFilter(program);
    // A name that would be a field of its own, if the kernel let it.
    (void)::prctl(PR_SET_NAME, "x syscall=999");
    MakeCalls();
    return loaded;
  });
  const pid_t pid = victim.pid();
  ASSERT_TRUE(victim.Succeeded());
  const Heard heard = HearAll(*audit);
  ASSERT_TRUE(heard.complete);
  std::set<Call> calls;
  for (const SeccompRecord& record : heard.records) {
    if (record.pid == pid) {
      calls.insert({record.arch, record.syscall});
      EXPECT_EQ(record.comm, "x syscall=999");
      EXPECT_EQ(record.code, static_cast<uint32_t>(SECCOMP_RET_LOG));
    }
  }
  EXPECT_EQ(calls, ExpectedCalls());
  EXPECT_EQ(heard.serials.missing(), 0u);
  EXPECT_EQ(heard.overruns, 0);
}

TEST_F(KernelAuditTest, AListenerThatFallsBehindIsToldAndFindsTheGap) {
  absl::StatusOr<KernelAudit> audit = KernelAudit::Open(/*receive_buffer=*/65536);
  ASSERT_TRUE(audit.ok()) << audit.status();
  seccomp::Program program = LogThem();
  constexpr int kRounds = 300;
  Child victim([&] {
    const bool loaded = LoadFilter(program);
    for (int i = 0; i < kRounds; ++i) {
      MakeCalls();
    }
    return loaded;
  });
  const pid_t pid = victim.pid();
  ASSERT_TRUE(victim.Succeeded());
  const Heard heard = HearAll(*audit);
  ASSERT_TRUE(heard.complete);
  size_t seen = 0;
  for (const SeccompRecord& record : heard.records) {
    seen += record.pid == pid ? 1 : 0;
  }
  EXPECT_GT(heard.overruns, 0);
  EXPECT_GT(seen, 0u);
  EXPECT_LT(seen, kCallNames.size() * kRounds);
  // A record of somebody else may be among the missing.
  EXPECT_GE(seen + heard.serials.missing(), kCallNames.size() * kRounds)
      << "each one has come, or its number is missing";
}

TEST_F(KernelAuditTest, TheKernelTellsItsOwnLosses) {
  const absl::StatusOr<AuditStatus> status = GetAuditStatus();
  if (absl::IsPermissionDenied(status.status())) {
    GTEST_SKIP() << status.status();
  }
  ASSERT_TRUE(status.ok()) << status.status();
  const absl::StatusOr<AuditStatus> again = GetAuditStatus();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->backlog_limit, status->backlog_limit);
  EXPECT_GE(again->lost, status->lost);
}

TEST_F(KernelAuditTest, NothingComesInANetworkNamespaceOfItsOwn) {
  const testing::TempDir dir;
  Child elsewhere([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      return false;
    }
    const absl::StatusOr<Evidence> evidence =
        Record({.state = dir.path(), .duration = std::chrono::seconds(1)});
    return absl::IsFailedPrecondition(evidence.status()) &&
           evidence.status().message().find("do not come here") != absl::string_view::npos;
  });
  EXPECT_TRUE(elsewhere.Succeeded());
  EXPECT_FALSE(std::filesystem::exists(RecordingsDirectory(dir.path())))
      << "nobody was asked for containers";
}

}  // namespace
}  // namespace sekisho::record
