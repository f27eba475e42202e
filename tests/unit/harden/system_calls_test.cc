#include "harden/system_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "harden/process.h"
#include "in_child.h"

namespace sekisho::harden {
namespace {

using testing::ChildEnd;
using testing::InChild;

constexpr bool kSanitized = SEKISHO_SANITIZED != 0;

struct Call {
  const char* what;
  long number;
  std::array<uint64_t, 6> arguments = {};
};

// The errno of the call, or 0.
int Make(const Call& call) {
  const auto& a = call.arguments;
  return ::syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]) >= 0 ? 0 : errno;
}

// What becomes of a process that makes the call under the filter.
ChildEnd Filtered(const std::function<int()>& work) {
  return InChild([&work] {
    if (!GainNoPrivileges().ok() || !FilterSystemCalls().ok()) {
      return 255;
    }
    return work();
  });
}

// With a sanitizer there is no filter, which it has to say; nothing else can be seen of it then.
class SystemCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) {
      EXPECT_EQ(InChild([] { return absl::IsUnimplemented(FilterSystemCalls()) ? 0 : 1; }),
                ChildEnd{});
    }
  }
};

TEST_F(SystemCallsTest, WhatItNeverDoesEndsIt) {
  const Call kCalls[] = {
      {"execve", SYS_execve},
      {"execveat", SYS_execveat},
      {"ptrace", SYS_ptrace},
      {"process_vm_readv", SYS_process_vm_readv},
      {"process_vm_writev", SYS_process_vm_writev},
      {"pidfd_getfd", SYS_pidfd_getfd},
      {"mount", SYS_mount},
      {"setns", SYS_setns},
      {"unshare", SYS_unshare, {CLONE_NEWUSER}},
      {"chroot", SYS_chroot},
      {"bpf", SYS_bpf},
      {"init_module", SYS_init_module},
      {"setuid", SYS_setuid},
      {"capset", SYS_capset},
      {"settimeofday", SYS_settimeofday},
      {"reboot", SYS_reboot},
  };
  for (const Call& call : kCalls) {
    if (!kSanitized) {
      EXPECT_EQ(Filtered([&call] { return Make(call); }), ChildEnd{.killed_by = SIGSYS})
          << call.what;
    }
  }
}

TEST_F(SystemCallsTest, WhatItMayNotDoIsRefused) {
  const auto self = static_cast<uint64_t>(::getpid());
  const struct {
    Call call;
    int expected;
  } kRows[] = {
      {{"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}}, EAFNOSUPPORT},
      {{"packets", SYS_socket, {AF_PACKET, SOCK_RAW, 0}}, EAFNOSUPPORT},
      {{"AF_AX25, between the allowed ones", SYS_socket, {AF_AX25, SOCK_RAW, 0}}, EAFNOSUPPORT},
      {{"writable and executable memory",
        SYS_mmap,
        {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
         static_cast<uint64_t>(-1), 0}},
       EPERM},
      {{"memory made executable", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}}, EPERM},
      {{"a signal to the parent", SYS_kill, {self, 0}}, EPERM},
      {{"a signal to everybody", SYS_kill, {static_cast<uint64_t>(-1), 0}}, EPERM},
      {{"to a thread of the parent", SYS_tgkill, {self, self, 0}}, EPERM},
      {{"a process in a new user namespace", SYS_clone, {CLONE_NEWUSER | SIGCHLD}}, ENOSYS},
      {{"a process in a new network", SYS_clone, {CLONE_NEWNET | SIGCHLD}}, ENOSYS},
      {{"clone3, whose flags no filter sees", SYS_clone3}, ENOSYS},
      {{"memory that is dumpable again", SYS_prctl, {PR_SET_DUMPABLE, 1}}, ENOSYS},
      {{"io_uring_setup", SYS_io_uring_setup}, ENOSYS},
      {{"add_key", SYS_add_key}, ENOSYS},
      {{"a call that no kernel has", 5000}, ENOSYS},
  };
  for (const auto& row : kRows) {
    if (!kSanitized) {
      EXPECT_EQ(Filtered([&row] { return Make(row.call); }), ChildEnd{.code = row.expected})
          << row.call.what;
    }
  }
}

TEST_F(SystemCallsTest, WhatItNeedsGoesOn) {
  const struct {
    const char* what;
    std::function<int()> work;
  } kRows[] = {
      {"a thread",
       [] {
         int value = 1;
         std::thread([&value] { value = 0; }).join();
         return value;
       }},
      {"a copy of itself",
       [] {
         const pid_t child = ::fork();
         if (child == 0) {
           ::_exit(0);
         }
         int status = 1;
         return child > 0 && ::waitpid(child, &status, 0) == child ? status : 1;
       }},
      {"sockets",
       [] {
         for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
           if (::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0) {
             return 1;
           }
         }
         return 0;
       }},
      {"memory",
       [] {
         void* memory =
             ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return memory != MAP_FAILED && ::mprotect(memory, 4096, PROT_READ) == 0 ? 0 : 1;
       }},
      {"a narrower filter",
       [] { return ::syscall(SYS_seccomp, 0, 0, nullptr) < 0 && errno == EINVAL ? 0 : 1; }},
  };
  for (const auto& row : kRows) {
    if (!kSanitized) {
      EXPECT_EQ(Filtered(row.work), ChildEnd{}) << row.what;
    }
  }
}

TEST_F(SystemCallsTest, ItHoldsForThreadsThatComeLater) {
  if (!kSanitized) {
    EXPECT_EQ(Filtered([] {
                std::thread([] { (void)::syscall(SYS_execve, nullptr, nullptr, nullptr); }).join();
                return 0;
              }),
              ChildEnd{.killed_by = SIGSYS});
  }
}

// A name that is spelled wrongly would allow nothing, and forbid nothing by name.
TEST(SystemCallTablesTest, EveryNameIsOneAndInOneRow) {
  std::set<std::string> seen;
  for (const auto& rows : {AllowedSystemCalls(), DeadlySystemCalls()}) {
    for (const SystemCalls& row : rows) {
      EXPECT_FALSE(row.why.empty());
      std::istringstream names{std::string(row.names)};
      for (std::string name; names >> name;) {
        EXPECT_NE(::seccomp_syscall_resolve_name(name.c_str()), __NR_SCMP_ERROR) << name;
        EXPECT_TRUE(seen.insert(name).second) << name << " is there twice";
      }
    }
  }
  EXPECT_GT(seen.size(), 100u);
}

}  // namespace
}  // namespace sekisho::harden
