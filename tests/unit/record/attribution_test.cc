#include "record/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kOne(64, '1');
const std::string kTwo = "0123456789abcdef" + std::string(48, 'e');

TEST(AttributionTest, FindsContainersInTheCgroupsOfRealNodes) {
  const struct {
    const char* why;
    std::string text;
    std::vector<std::string> ids;
  } kRows[] = {
      {"version 1, cgroupfs driver",
       "9:name=systemd:/kubepods/besteffort/pod5f0c8a7e-3b1d-4c52-9a36-000000000001/" + kOne +
           "\n8:pids:/kubepods/besteffort/pod5f0c8a7e-3b1d-4c52-9a36-000000000001/" + kOne +
           "\n0::/\n",
       {kOne}},
      {"version 2, systemd driver, containerd",
       "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5f0c.slice/"
       "cri-containerd-" +
           kOne + ".scope\n",
       {kOne}},
      {"version 2, CRI-O",
       "0::/kubepods.slice/kubepods-pod5f0c.slice/crio-" + kOne + ".scope\n",
       {kOne}},
      {"a cgroup that the container made",
       "0::/kubepods.slice/cri-containerd-" + kOne + ".scope/init.scope\n",
       {kOne}},
      {"a container in a container",
       "0::/docker/" + kOne + "/kubelet/kubepods/pod1/" + kTwo + "\n",
       {kOne, kTwo}},
      {"version 1, systemd's colons",
       "4:memory:/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + kOne +
           "\n",
       {}},
      {"a process of the node", "0::/system.slice/containerd.service\n", {}},
      {"the root", "0::/\n", {}},
      {"63 digits", "0::/kubepods/" + kOne.substr(1) + "\n", {}},
      {"65 digits", "0::/kubepods/1" + kOne + "\n", {}},
      {"capitals", "0::/kubepods/" + std::string(64, 'A') + "\n", {}},
      {"nothing", "", {}},
      {"no cgroup file", "abc\n\n:::\n", {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(ContainersIn(row.text), row.ids);
  }
}

std::string StatText(const std::string& comm, const std::string& state, int flags, int start) {
  return "42 (" + comm + ") " + state + " 1 42 42 0 -1 " + std::to_string(flags) +
         " 100 0 0 0 1 2 0 0 20 0 1 0 " + std::to_string(start) +
         " 4096 100 18446744073709551615\n";
}

TEST(AttributionTest, ReadsStatWhateverTheProcessIsCalled) {
  for (const char* comm : {"sh", "a b", ") R 1 1", "x) Z 1 (y", ""}) {
    SCOPED_TRACE(comm);
    const std::optional<ProcessStat> stat = ParseStat(StatText(comm, "S", 4194560, 777));
    ASSERT_TRUE(stat.has_value());
    EXPECT_EQ(stat->start_time, 777u);
    EXPECT_FALSE(stat->exiting);
  }
  EXPECT_TRUE(ParseStat(StatText("sh", "Z", 0, 1))->exiting);
  EXPECT_TRUE(ParseStat(StatText("sh", "R", 4194564, 1))->exiting);
  for (const char* text : {"", "42 (sh) S 1 2", "42 sh S", "42 (sh) "}) {
    EXPECT_EQ(ParseStat(text), std::nullopt) << text;
  }
}

// A /proc of files: what the kernel wrote on real nodes, and processes that come and go at will.
class ProcTest : public ::testing::Test {
 protected:
  void Put(pid_t pid, const std::string& cgroup, int start, const std::string& state = "S") const {
    std::filesystem::create_directories(dir_.File(std::to_string(pid)));
    testing::WriteText(dir_.File(std::to_string(pid) + "/cgroup"), "0::" + cgroup + "\n");
    testing::WriteText(dir_.File(std::to_string(pid) + "/stat"), StatText("x", state, 0, start));
  }
  void End(pid_t pid) const { std::filesystem::remove_all(dir_.File(std::to_string(pid))); }

  const testing::TempDir dir_;
  Attribution attribution_{dir_.path()};
};

TEST_F(ProcTest, RemembersThoseThatEnded) {
  Put(5, "/kubepods/" + kOne, 100);
  EXPECT_EQ(attribution_.Recall(5), nullptr);
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), ElementsAre(kOne));
  End(5);
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), ElementsAre(kOne));
  ASSERT_NE(attribution_.Recall(5), nullptr);
}

TEST_F(ProcTest, WhatEndedBeforeTheFirstLookIsUnknown) {
  EXPECT_EQ(attribution_.Look(5), nullptr);
  Put(5, "/", 100, "Z");  // a zombie's cgroup of version 1
  EXPECT_EQ(attribution_.Look(5), nullptr);
  Put(5, "/kubepods/" + kOne, 100, "Z");  // of version 2 it stays
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), ElementsAre(kOne));
}

TEST_F(ProcTest, AProcessOfTheNodeIsInNoContainer) {
  Put(5, "/system.slice/containerd.service", 100);
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), IsEmpty());
}

TEST_F(ProcTest, APidThatIsUsedAgainIsSomebodyElses) {
  Put(5, "/kubepods/" + kOne, 100);
  ASSERT_NE(attribution_.Look(5), nullptr);
  Put(5, "/kubepods/" + kTwo, 200);
  // The record at hand may be the old one's or the new one's.
  EXPECT_EQ(attribution_.Look(5), nullptr);
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), ElementsAre(kTwo));
  // In the same container it makes no difference.
  Put(5, "/kubepods/" + kTwo, 300);
  ASSERT_NE(attribution_.Look(5), nullptr);
  EXPECT_THAT(*attribution_.Look(5), ElementsAre(kTwo));
}

TEST_F(ProcTest, AChildOfAContainerIsInIt) {
  Put(5, "/kubepods/" + kOne, 100);
  attribution_.Forked(5, 6);
  attribution_.Forked(6, 7);
  // Neither was ever looked at, and both have ended.
  ASSERT_NE(attribution_.Look(7), nullptr);
  EXPECT_THAT(*attribution_.Look(7), ElementsAre(kOne));
  End(5);  // which was looked at for its grandchild's sake
  ASSERT_NE(attribution_.Look(6), nullptr);
  EXPECT_THAT(*attribution_.Look(6), ElementsAre(kOne));
}

TEST_F(ProcTest, AChildOfTheNodeMayBeAnywhere) {
  Put(5, "/system.slice/containerd.service", 100);
  attribution_.Forked(5, 6);
  EXPECT_EQ(attribution_.Look(6), nullptr);
  Put(6, "/kubepods/" + kOne, 200);  // what a runtime does with its children
  ASSERT_NE(attribution_.Look(6), nullptr);
  EXPECT_THAT(*attribution_.Look(6), ElementsAre(kOne));
}

TEST_F(ProcTest, AForkMakesItsPidAnothers) {
  Put(5, "/kubepods/" + kOne, 100);
  Put(6, "/kubepods/" + kTwo, 100);
  ASSERT_NE(attribution_.Look(6), nullptr);
  End(6);
  attribution_.Forked(5, 6);
  EXPECT_EQ(attribution_.Recall(6), nullptr);
  ASSERT_NE(attribution_.Look(6), nullptr);
  EXPECT_THAT(*attribution_.Look(6), ElementsAre(kOne));
}

TEST_F(ProcTest, ACircleOfParentsEnds) {
  attribution_.Forked(5, 6);
  attribution_.Forked(6, 5);
  EXPECT_EQ(attribution_.Look(5), nullptr);
}

TEST_F(ProcTest, AZombieOfAContainerStaysInIt) {
  Put(5, "/kubepods/" + kOne, 100);
  Put(6, "/", 200, "Z");  // as version 1 has it
  attribution_.Forked(5, 6);
  for (int i = 0; i < 2; ++i) {
    ASSERT_NE(attribution_.Look(6), nullptr);
    EXPECT_THAT(*attribution_.Look(6), ElementsAre(kOne));
  }
}

TEST(AttributionTest, ThisProcessIsKnownToTheRealProc) {
  Attribution attribution;
  EXPECT_NE(attribution.Look(::getpid()), nullptr);
}

}  // namespace
}  // namespace sekisho::record
