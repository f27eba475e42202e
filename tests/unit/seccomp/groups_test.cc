#include "seccomp/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "seccomp/lint.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(GroupsTest, AreSortedAndNamed) {
  std::vector<std::string_view> names;
  for (const Group& group : Groups()) {
    EXPECT_TRUE(group.name.starts_with('@') && group.name.size() > 1) << group.name;
    names.push_back(group.name);
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size());
  EXPECT_GE(names.size(), 20U);
}

TEST(GroupsTest, EachHasOneLineOfDescription) {
  for (const Group& group : Groups()) {
    SCOPED_TRACE(group.name);
    EXPECT_GT(group.description.size(), 10U);
    EXPECT_LE(group.description.size(), 100U);
    EXPECT_EQ(group.description.find('\n'), std::string_view::npos);
    EXPECT_FALSE(group.description.ends_with('.'));
  }
}

TEST(GroupsTest, MembersAreSortedSystemCalls) {
  for (const Group& group : Groups()) {
    SCOPED_TRACE(group.name);
    EXPECT_FALSE(group.members.empty());
    EXPECT_TRUE(std::ranges::is_sorted(group.members));
    EXPECT_EQ(std::ranges::adjacent_find(group.members), group.members.end());
    for (const std::string_view member : group.members) {
      EXPECT_TRUE(IsKnownSyscall(member)) << member;
    }
  }
}

TEST(GroupsTest, AreFoundByTheirWholeName) {
  for (const Group& group : Groups()) {
    EXPECT_EQ(GroupNamed(group.name), &group);
  }
  for (const char* name : {"", "@", "mount", "@moun", "@mounts", "@zzz", "@Mount"}) {
    EXPECT_EQ(GroupNamed(name), nullptr) << name;
  }
}

TEST(GroupsTest, Expand) {
  EXPECT_THAT(*Expand("@kexec"), ElementsAre("kexec_file_load", "kexec_load"));
  EXPECT_THAT(*Expand("bpf"), ElementsAre("bpf"));
  EXPECT_THAT(*Expand("socketcall"), ElementsAre("socketcall"));  // only of some architectures
  for (const char* name : {"", "@", "@nothing", "no_such_call", "Mount", "mount "}) {
    EXPECT_EQ(Expand(name), std::nullopt) << name;
  }
}

// Who denies @mount means the newer calls too.
TEST(GroupsTest, HaveTheNewerWaysToo) {
  EXPECT_THAT(*Expand("@mount"), Contains("move_mount"));
  EXPECT_THAT(*Expand("@module"), Contains("finit_module"));
  EXPECT_THAT(*Expand("@kexec"), Contains("kexec_file_load"));
  EXPECT_THAT(*Expand("@namespace"), Contains("clone3"));
  EXPECT_THAT(*Expand("@ptrace"), Contains("pidfd_getfd"));
  EXPECT_THAT(*Expand("@network"), Contains("socketcall"));
}

TEST(DangersTest, AreOneLineEach) {
  std::set<std::string> told;
  for (const Arch& arch : Architectures()) {
    for (const Syscall& syscall : SyscallsOf(arch)) {
      const std::string_view why = WhyItMatters(syscall.name);
      if (why.empty()) {
        continue;
      }
      SCOPED_TRACE(syscall.name);
      told.insert(syscall.name);
      EXPECT_LE(why.size(), 130U);
      EXPECT_EQ(why.find('\n'), std::string_view::npos);
      EXPECT_FALSE(why.ends_with('.'));
    }
  }
  // All that the table has: a name that no libseccomp knows, or one out of order, is not found.
  EXPECT_EQ(told.size(), 79U);
}

TEST(DangersTest, SaySomethingOfWhatMatters) {
  for (const std::string_view name : WaysOut()) {
    EXPECT_NE(WhyItMatters(name), "") << name;
  }
  for (const char* group :
       {"@mount", "@module", "@kexec", "@bpf", "@ptrace", "@namespace", "@keyring", "@io-uring",
        "@userfaultfd", "@perf", "@clock", "@swap", "@quota", "@file-handle", "@reboot"}) {
    for (const std::string_view name : GroupNamed(group)->members) {
      EXPECT_NE(WhyItMatters(name), "") << name;
    }
  }
  for (const char* name : {"", "read", "getpid", "@mount", "zzz"}) {
    EXPECT_EQ(WhyItMatters(name), "") << name;
  }
}

}  // namespace
}  // namespace sekisho::seccomp
