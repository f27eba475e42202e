// Processes with a real filter, and the kernel's own audit records of them.
#pragma once

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "record/audit_record.h"
#include "record/kernel_audit.h"
#include "record/ledger.h"
#include "record/probe.h"
#include "record/serials.h"
#include "seccomp/filter.h"

namespace sekisho::record {

// Calls that are harmless, and that libc does not make behind our back.
inline const std::vector<std::string> kCallNames = {"getpriority", "sched_get_priority_max",
                                                    "umask"};
inline void MakeCalls() {
  (void)::syscall(SYS_umask, 022);
  (void)::syscall(SYS_getpriority, 0, 0);
  (void)::syscall(SYS_sched_get_priority_max, 0);
}
inline std::set<Call> ExpectedCalls() {
  const uint32_t arch = seccomp::NativeArch().token;
  return {{arch, SYS_umask}, {arch, SYS_getpriority}, {arch, SYS_sched_get_priority_max}};
}

// Logs these and allows everything else, as a runtime would load it.
inline seccomp::Program LogThem() {
  seccomp::Profile profile;
  profile.default_action = seccomp::Action::kAllow;
  profile.rules.push_back({.names = kCallNames, .action = seccomp::Action::kLog});
  const absl::StatusOr<seccomp::Filter> filter = seccomp::Compile(profile);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.ok() ? filter->program : seccomp::Program();
}

inline bool LoadFilter(seccomp::Program& program) {
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Something that can be read once it is opened. Not by closing an end, of which children have
// copies.
class Gate {
 public:
  Gate() : fd_(::eventfd(0, EFD_CLOEXEC)) {}
  int fd() const { return fd_.get(); }
  void Open() { EXPECT_EQ(::eventfd_write(fd_.get(), 1), 0); }

 private:
  const base::UniqueFd fd_;
};

// A child that runs `body` and dies with this object.
class Child {
 public:
  explicit Child(const std::function<bool()>& body) : pid_(::fork()) {
    if (pid_ == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::_exit(body() ? 0 : 1);
    }
  }
  ~Child() {
    if (pid_ > 0) {
      (void)::kill(pid_, SIGKILL);
      (void)::waitpid(pid_, nullptr, 0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool Succeeded() {
    int status = 0;
    const bool ended = ::waitpid(pid_, &status, 0) == pid_;
    pid_ = -1;
    return ended && status == 0;
  }

 private:
  pid_t pid_;
};

// Everything that the kernel sends until one of the marks that are made meanwhile: one a second,
// since a mark is lost itself while the socket is full.
struct Heard {
  std::vector<SeccompRecord> records;
  Serials serials;
  int overruns = 0;
  bool complete = false;
};
inline void Take(const KernelAudit::Received& received, const std::vector<Mark>& marks,
                 Heard& heard) {
  heard.overruns += received.event == KernelAudit::Event::kOverrun ? 1 : 0;
  if (received.event != KernelAudit::Event::kRecord) {
    return;
  }
  if (const std::optional<uint32_t> serial = SerialOf(received.text)) {
    heard.serials.Saw(*serial);
  }
  if (received.type == AUDIT_SECCOMP) {
    const absl::StatusOr<SeccompRecord> record = ParseSeccompRecord(received.text);
    ASSERT_TRUE(record.ok()) << received.text;
    heard.records.push_back(*record);
    for (const Mark& mark : marks) {
      heard.complete = heard.complete || mark.IsIn(*record);
    }
  }
}
inline Heard HearAll(KernelAudit& audit) {
  Heard heard;
  std::vector<Mark> marks;
  for (int i = 0; i < 5 && !heard.complete; ++i) {
    const absl::StatusOr<Mark> mark = MakeMark();
    EXPECT_TRUE(mark.ok()) << mark.status();
    marks.push_back(mark.value_or(Mark()));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (!heard.complete && std::chrono::steady_clock::now() < end) {
      const absl::StatusOr<KernelAudit::Received> received =
          audit.Next(std::chrono::milliseconds(100));
      EXPECT_TRUE(received.ok()) << received.status();
      Take(received.value_or(KernelAudit::Received()), marks, heard);
    }
  }
  return heard;
}

// Skips where the kernel's records do not come, which is everywhere but on a machine of one's own.
class KernelAuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<KernelAudit> audit = KernelAudit::Open();
    if (!audit.ok()) {
      GTEST_SKIP() << audit.status();
    }
    if (!HearAll(*audit).complete) {
      GTEST_SKIP() << "the kernel's audit records do not come here";
    }
  }
};

}  // namespace sekisho::record
