#include "seccomp/syscalls.h"

#include <gtest/gtest.h>
#include <linux/audit.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "unit/seccomp/calls.h"

namespace sekisho::seccomp {
namespace {

using sekisho::testing::ArchOf;
using sekisho::testing::NumberOf;

constexpr uint32_t kNone = ~uint32_t{0};

TEST(SyscallsOf, NumbersAsTheKernelCountsThem) {
  const struct {
    std::string arch;
    std::string name;
    uint32_t number;
  } cases[] = {
      {"SCMP_ARCH_X86_64", "read", 0},
      {"SCMP_ARCH_X86_64", "getpid", 39},
      {"SCMP_ARCH_X86_64", "clone3", 435},
      {"SCMP_ARCH_X86_64", "socketcall", kNone},  // libseccomp has a number below zero for it
      {"SCMP_ARCH_X86", "getpid", 20},
      {"SCMP_ARCH_X86", "socketcall", 102},
      {"SCMP_ARCH_X86", "socket", 359},
      {"SCMP_ARCH_X32", "getpid", 0x40000000 + 39},
      {"SCMP_ARCH_X32", "execve", 0x40000000 + 520},
      {"SCMP_ARCH_AARCH64", "getpid", 172},
      {"SCMP_ARCH_AARCH64", "open", kNone},
      {"SCMP_ARCH_ARM", "getpid", 20},
      {"SCMP_ARCH_ARM", "set_tls", 0xf0005},
      {"SCMP_ARCH_MIPSEL", "getpid", 4020},
      {"SCMP_ARCH_MIPSEL64", "getpid", 5038},
      {"SCMP_ARCH_MIPSEL64N32", "getpid", 6038},
      {"SCMP_ARCH_PPC64LE", "getpid", 20},
      {"SCMP_ARCH_S390X", "s390_runtime_instr", 342},
      {"SCMP_ARCH_RISCV64", "riscv_flush_icache", 259},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.arch + " " + row.name);
    EXPECT_EQ(NumberOf(ArchOf(row.arch), row.name), row.number);
  }
}

TEST(SyscallsOf, SortedAndEachOnceOnEveryArchitecture) {
  for (const Arch& arch : Architectures()) {
    SCOPED_TRACE(arch.name);
    const auto calls = SyscallsOf(arch);
    EXPECT_GT(calls.size(), 250U);
    EXPECT_TRUE(std::is_sorted(calls.begin(), calls.end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    std::set<std::string> names;
    std::set<int> numbers;
    for (const Syscall& call : calls) {
      EXPECT_GE(call.number, 0) << call.name;
      EXPECT_TRUE(names.insert(call.name).second) << call.name;
      EXPECT_TRUE(numbers.insert(call.number).second) << call.name;
    }
  }
}

TEST(SyscallsOf, NothingOfAnArchitectureThatIsNone) {
  EXPECT_TRUE(SyscallsOf(Arch{.name = "none", .go_name = {}, .token = 1}).empty());
}

TEST(SyscallsOf, TheSameTableInEveryThread) {
  const Arch arch = ArchOf("SCMP_ARCH_PARISC");  // no other test has read it alone
  std::vector<const Syscall*> seen(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] { seen[i] = SyscallsOf(arch).data(); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_NE(seen.front(), nullptr);
  EXPECT_EQ(std::set<const Syscall*>(seen.begin(), seen.end()).size(), 1U);
}

TEST(KernelToken, X32IsX86_64ToTheKernel) {
  EXPECT_EQ(KernelToken(ArchOf("SCMP_ARCH_X32")), uint32_t{AUDIT_ARCH_X86_64});
  EXPECT_NE(ArchOf("SCMP_ARCH_X32").token, uint32_t{AUDIT_ARCH_X86_64});
  for (const Arch& arch : Architectures()) {
    if (arch.name != "SCMP_ARCH_X32") {
      EXPECT_EQ(KernelToken(arch), arch.token) << arch.name;
    }
  }
}

TEST(IsKnownSyscall, OnAnyArchitecture) {
  EXPECT_TRUE(IsKnownSyscall("read"));
  EXPECT_TRUE(IsKnownSyscall("socketcall"));
  EXPECT_TRUE(IsKnownSyscall("s390_pci_mmio_read"));
  EXPECT_TRUE(IsKnownSyscall("arm_sync_file_range"));
  EXPECT_FALSE(IsKnownSyscall("reed"));
  EXPECT_FALSE(IsKnownSyscall("READ"));
  EXPECT_FALSE(IsKnownSyscall(""));
}

TEST(NewestKernelKnown, IsThatOfACallThatIsKnown) {
  // Which one depends on the installed libseccomp: 2.5.4 has 5.17, with Debian 12's update 6.7.
  const std::string newest(NewestKernelKnown());
  const struct {
    std::string kernel;
    std::string of_it;
    std::string of_a_later_one;
  } cases[] = {{"5.17", "set_mempolicy_home_node", "cachestat"},
               {"6.7", "futex_requeue", "listmount"},
               {"6.10", "mseal", "setxattrat"},
               {"6.13", "setxattrat", "open_tree_attr"},
               {"6.17", "file_setattr", "no_such_call"}};
  const auto* const found = std::find_if(std::begin(cases), std::end(cases),
                                         [&](const auto& row) { return row.kernel == newest; });
  ASSERT_NE(found, std::end(cases)) << newest << " is no kernel that this test knows";
  EXPECT_TRUE(IsKnownSyscall(found->of_it));
  EXPECT_FALSE(IsKnownSyscall(found->of_a_later_one));
}

}  // namespace
}  // namespace sekisho::seccomp
