#include "seccomp/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sys/utsname.h>

#include <map>
#include <set>
#include <string>

namespace sekisho::seccomp {
namespace {

TEST(ActionTest, NamesAndBack) {
  for (int i = 0; i < 8; ++i) {
    const auto action = static_cast<Action>(i);
    EXPECT_EQ(ActionNamed(ActionName(action)), action) << ActionName(action);
  }
  EXPECT_EQ(ActionName(Action::kErrno), "SCMP_ACT_ERRNO");
  EXPECT_EQ(ActionName(Action::kKillProcess), "SCMP_ACT_KILL_PROCESS");
  EXPECT_EQ(ActionName(Action::kNotify), "SCMP_ACT_NOTIFY");
  EXPECT_EQ(ActionNamed("SCMP_ACT_KILL"), Action::kKillThread);
  EXPECT_EQ(ActionNamed("scmp_act_allow"), std::nullopt);
  EXPECT_EQ(ActionNamed(""), std::nullopt);
}

// The order is the kernel's: of several filters' answers the strongest counts.
TEST(ActionTest, TheStrongestIsTheLeast) {
  EXPECT_LT(Action::kKillProcess, Action::kKillThread);
  EXPECT_LT(Action::kKillThread, Action::kTrap);
  EXPECT_LT(Action::kTrap, Action::kErrno);
  EXPECT_LT(Action::kErrno, Action::kNotify);
  EXPECT_LT(Action::kNotify, Action::kTrace);
  EXPECT_LT(Action::kTrace, Action::kLog);
  EXPECT_LT(Action::kLog, Action::kAllow);
}

TEST(ActionTest, WhatMayExecute) {
  const std::set<Action> may = {Action::kAllow, Action::kLog, Action::kTrace, Action::kNotify};
  for (int i = 0; i < 8; ++i) {
    const auto action = static_cast<Action>(i);
    EXPECT_EQ(MayExecute(action), may.contains(action)) << ActionName(action);
  }
}

TEST(CompareTest, NamesAndBack) {
  for (int i = 0; i < 7; ++i) {
    const auto compare = static_cast<Compare>(i);
    EXPECT_EQ(CompareNamed(CompareName(compare)), compare) << CompareName(compare);
  }
  EXPECT_EQ(CompareNamed("SCMP_CMP_MASKED_EQ"), Compare::kMaskedEq);
  EXPECT_EQ(CompareNamed("SCMP_CMP_NE"), Compare::kNe);
  EXPECT_EQ(CompareNamed("EQ"), std::nullopt);
}

TEST(ArchTest, EachOneOnceAndByBothNames) {
  std::set<std::string_view> names;
  std::set<uint32_t> tokens;
  for (const Arch& arch : Architectures()) {
    EXPECT_TRUE(names.insert(arch.name).second) << arch.name;
    EXPECT_TRUE(tokens.insert(arch.token).second) << arch.name;
    EXPECT_EQ(ArchNamed(arch.name)->token, arch.token);
    if (!arch.go_name.empty()) {
      EXPECT_TRUE(names.insert(arch.go_name).second) << arch.go_name;
      EXPECT_EQ(ArchNamed(arch.go_name)->token, arch.token);
    }
  }
  EXPECT_EQ(Architectures().size(), 19u);
  EXPECT_EQ(ArchNamed(""), std::nullopt);
  EXPECT_EQ(ArchNamed("SCMP_ARCH_NATIVE"), std::nullopt);
}

// The kernel's numbers, from the kernel's own header.
TEST(ArchTest, TokensAreTheKernels) {
  const std::map<std::string_view, uint32_t> expected = {
      {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},   {"SCMP_ARCH_X86", AUDIT_ARCH_I386},
      {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64}, {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
      {"SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE}, {"SCMP_ARCH_S390X", AUDIT_ARCH_S390X},
      {"SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64}, {"SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32},
  };
  for (const auto& [name, token] : expected) {
    EXPECT_EQ(ArchNamed(name)->token, token) << name;
  }
  // x32 calls carry x86-64's token in the kernel: libseccomp has one of its own.
  EXPECT_NE(ArchNamed("x32")->token, ArchNamed("amd64")->token);
}

TEST(ArchTest, TheNativeOneIsThisMachines) {
  const std::map<std::string, std::string_view> by_machine = {{"x86_64", "amd64"},
                                                              {"aarch64", "arm64"},
                                                              {"riscv64", "riscv64"},
                                                              {"s390x", "s390x"},
                                                              {"ppc64le", "ppc64le"}};
  utsname name{};
  ASSERT_EQ(uname(&name), 0);
  const auto found = by_machine.find(name.machine);
  if (found == by_machine.end() || sizeof(void*) != 8) {
    GTEST_SKIP() << "a machine that may run programs of another one: " << name.machine;
  }
  EXPECT_EQ(NativeArch().go_name, found->second);
}

}  // namespace
}  // namespace sekisho::seccomp
