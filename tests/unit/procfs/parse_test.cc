#include "procfs/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "unit/procfs/proc_texts.h"

namespace sekisho::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ProcStat, ANameMayHoldWhatSeparatesTheFields) {
  struct Row {
    const char* written;
    const char* name;
  };
  for (const auto& [written, name] : std::to_array<Row>({{"nginx", "nginx"},
                                                         {"a) S 1 1", "a) S 1 1"},
                                                         {"((", "(("},
                                                         {"", ""},
                                                         {"a b", "a b"},
                                                         {"a\\nb", "a\nb"},
                                                         {"a\\\\nb", "a\\nb"},
                                                         {"a\\", "a\\"},
                                                         {"a\\t", "a\\t"}})) {
    SCOPED_TRACE(written);
    const absl::StatusOr<Stat> stat = ParseStat(StatText(written));
    ASSERT_TRUE(stat.ok()) << stat.status();
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 40);
    EXPECT_EQ(stat->start_time, 12345U);
    EXPECT_FALSE(stat->ended());
  }
}

TEST(ProcStat, WhatHasEndedIsNoProcess) {
  EXPECT_TRUE(ParseStat(StatText("a", "Z"))->ended());
  EXPECT_TRUE(ParseStat(StatText("a", "X"))->ended());
  EXPECT_FALSE(ParseStat(StatText("a", "D"))->ended());
}

TEST(ProcStat, WhatTheKernelDoesNotWriteIsNotUnderstood) {
  for (const std::string& text :
       {std::string(), std::string("71 nginx S 40"), std::string("71 )nginx( S 40"),
        std::string("71 (nginx) S 40 71"), StatText("a", "S", "-1"), StatText("a", "S", "1x"),
        StatText("a", "S", "99999999999999999999"), StatText("a", "SS")}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(absl::IsDataLoss(ParseStat(text).status()));
  }
}

TEST(ProcStatus, EveryLineThatCountsIsRead) {
  Process process;
  ASSERT_TRUE(ParseStatus(kStatusText, process).ok());
  EXPECT_EQ(process.seccomp, SeccompMode::kFilter);
  EXPECT_EQ(process.seccomp_filters, 3);
  EXPECT_EQ(process.inheritable, caps::CapSet(1));
  EXPECT_EQ(process.permitted, caps::CapSet(0xa80425fb));
  EXPECT_EQ(process.effective, caps::CapSet::Of({"NET_RAW"}));
  EXPECT_EQ(process.bounding, caps::CapSet(0x1ffffffffff));
  EXPECT_EQ(process.ambient, caps::CapSet::Of({"NET_BIND_SERVICE"}));
  EXPECT_TRUE(process.no_new_privs);
  EXPECT_EQ(process.uid, (Ids{.real = 1000, .effective = 1001, .saved = 1002, .filesystem = 1003}));
  EXPECT_EQ(process.gid, (Ids{.real = 2000, .effective = 2001, .saved = 2002, .filesystem = 2003}));
  EXPECT_THAT(process.groups, ElementsAre(7, 4294967295));
}

TEST(ProcStatus, WhatIsMissingOrMalformedIsNamed) {
  struct Row {
    const char* line;
    const char* with;
    const char* error;  // nullptr: none
  };
  for (const Row& row : std::to_array<Row>({
           {"Uid:", "", "the line Uid is missing"},
           {"Uid:", "Uid:\t0\t0\t0\n", "the line Uid is not understood"},
           {"Uid:", "Uid:\t0\t0\t0\t0\t0\n", "the line Uid is not understood"},
           {"Gid:", "Gid:\t0\t0\t0\t-1\n", "the line Gid is not understood"},
           {"Groups:", "", "the line Groups is missing"},
           {"Groups:", "Groups:\t1,2\n", "the line Groups is not understood"},
           {"Groups:", "Groups:\t \n", nullptr},
           {"CapEff:", "", "the line CapEff is missing"},
           {"CapEff:", "CapEff:\t0x1\n", "the line CapEff is not understood"},
           {"CapBnd:", "CapBnd:\t10000000000000000\n", "the line CapBnd is not understood"},
           {"CapAmb:", "CapAmb:\t\n", "the line CapAmb is not understood"},
           {"CapInh:", "CapInh:\t-1\n", "the line CapInh is not understood"},
           {"CapPrm:", "", "the line CapPrm is missing"},
           {"NoNewPrivs:", "", "the line NoNewPrivs is missing"},
           {"NoNewPrivs:", "NoNewPrivs:\t2\n", "the line NoNewPrivs is not understood"},
           {"Seccomp:", "Seccomp:\t4\n", "the line Seccomp is not understood"},
           {"Seccomp:", "Seccomp:\toff\n", "the line Seccomp is not understood"},
           {"Seccomp_filters:", "Seccomp_filters:\t-1\n", "the line Seccomp_filters is not"},
           {"Umask:", "Umask\n", "the line 2 is not understood"},
           {"Umask:", "Something_new:\t1\n", nullptr},
       })) {
    SCOPED_TRACE(row.with);
    Process process;
    const absl::Status status = ParseStatus(WithLine(kStatusText, row.line, row.with), process);
    if (row.error == nullptr) {
      EXPECT_TRUE(status.ok()) << status;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(status));
      EXPECT_THAT(std::string(status.message()), HasSubstr(row.error));
    }
  }
}

TEST(ProcStatus, AnOlderKernelSaysLess) {
  Process process{.seccomp = SeccompMode::kFilter, .seccomp_filters = 9};
  ASSERT_TRUE(ParseStatus(WithLine(kStatusText, "Seccomp_filters:", ""), process).ok());
  EXPECT_EQ(process.seccomp, SeccompMode::kFilter);
  EXPECT_EQ(process.seccomp_filters, std::nullopt);
  // No seccomp in the kernel at all.
  const std::string neither =
      WithLine(WithLine(kStatusText, "Seccomp_filters:", ""), "Seccomp:", "");
  ASSERT_TRUE(ParseStatus(neither, process).ok());
  EXPECT_EQ(process.seccomp, SeccompMode::kOff);
}

TEST(ProcStatus, AThreadThatItsFilterKillsHasAFilter) {
  Process process;
  ASSERT_TRUE(ParseStatus(WithLine(kStatusText, "Seccomp:", "Seccomp:\t3\n"), process).ok());
  EXPECT_EQ(process.seccomp, SeccompMode::kFilter);
  ASSERT_TRUE(ParseStatus(WithLine(kStatusText, "Seccomp:", "Seccomp:\t1\n"), process).ok());
  EXPECT_EQ(process.seccomp, SeccompMode::kStrict);
}

TEST(ProcCgroup, BothVersionsAreRead) {
  const absl::StatusOr<std::vector<std::string>> paths = ParseCgroups(
      "9:name=systemd:/kubepods/pod1\n4:memory:/kubepods/pod1\n1:cpu,cpuacct:/a:b\n0::/\n");
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre("/kubepods/pod1", "/a:b", "/"));
  EXPECT_THAT(*ParseCgroups("0::/kubepods.slice/cri-containerd-0.scope\n"),
              ElementsAre("/kubepods.slice/cri-containerd-0.scope"));
  EXPECT_TRUE(ParseCgroups("")->empty());
}

TEST(ProcCgroup, AMalformedLineIsNamed) {
  for (const char* text : {"0::/\nx\n", "0::/\n1:cpu\n", "0::/\n1:cpu:relative\n", "0::/\n\n"}) {
    SCOPED_TRACE(text);
    const absl::Status status = ParseCgroups(text).status();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("the line 2 "));
  }
}

TEST(ProcMountInfo, TheLastMountAtTheRootCounts) {
  struct Row {
    const char* why;
    std::string text;
    bool read_only;
  };
  const std::string ro = "1 0 0:1 / / ro - tmpfs x rw\n";
  const std::string rw = "2 0 0:1 / / rw,relatime shared:1 - tmpfs x ro\n";
  const std::string elsewhere = "3 0 0:1 / /ro rw - tmpfs x rw\n4 0 0:1 / /x ro - tmpfs x rw\n";
  for (const Row& row : {Row{"a container's", std::string(kMountInfoText), true},
                         Row{"of the mount, not of the file system", rw, false},
                         Row{"covered by a writable one", ro + rw, false},
                         Row{"covered by a read-only one", rw + ro, true},
                         Row{"other mounts do not count", rw + elsewhere, false},
                         Row{"\"rw,rox\" is not \"ro\"", "1 0 0:1 / / rox,rw - a b c\n", false},
                         Row{"an empty source", "1 0 0:1 / / ro -  tmpfs  rw\n", true}}) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<bool> read_only = IsRootReadOnly(row.text);
    ASSERT_TRUE(read_only.ok()) << read_only.status();
    EXPECT_EQ(*read_only, row.read_only);
  }
}

TEST(ProcMountInfo, ATableThatIsNotWholeSaysNothing) {
  const std::string good = "1 0 0:1 / / ro - tmpfs x rw\n";
  EXPECT_TRUE(absl::IsNotFound(IsRootReadOnly("").status()));
  EXPECT_TRUE(absl::IsNotFound(IsRootReadOnly("1 0 0:1 / /a ro - tmpfs x rw\n").status()));
  for (const char* second : {"2 0 0:1 / / rw", "2 0 0:1 / / rw - tmpfs x rw", "2 0 0:1 / /\n", "\n",
                             "2 0 0:1 / relative rw - a b c\n"}) {
    SCOPED_TRACE(second);
    const absl::Status status = IsRootReadOnly(good + second).status();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("the line 2 "));
  }
}

TEST(ProcNamespace, ALinkNamesAnInode) {
  EXPECT_EQ(ParseNamespace("net", "net:[4026531840]").value_or(0), 4026531840U);
  for (const char* link :
       {"", "net:[]", "net:[1", "net:[1]x", "pid:[1]", "/proc/1/ns/net", "net:[-1]", "net:["}) {
    SCOPED_TRACE(link);
    EXPECT_TRUE(absl::IsDataLoss(ParseNamespace("net", link).status()));
  }
}

// Whatever the bytes are, each parser ends with an answer or an error.
TEST(ProcTexts, DamagedOnesAreRefusedOrRead) {
  std::mt19937 random(20260101);
  for (int round = 0; round < 3000; ++round) {
    for (std::string text : {std::string(kStatusText), StatText("a b"), std::string(kMountInfoText),
                             std::string("0::/a\n1:cpu:/b\n")}) {
      for (uint32_t changes = random() % 4; changes > 0; --changes) {
        text.at(random() % text.size()) = static_cast<char>(random());
      }
      text.resize(random() % 2 == 0 ? text.size() : random() % (text.size() + 1));
      Process process;
      const absl::Status statuses[] = {ParseStatus(text, process), ParseStat(text).status(),
                                       ParseCgroups(text).status(), IsRootReadOnly(text).status(),
                                       ParseNamespace("net", text).status()};
      for (const absl::Status& status : statuses) {
        EXPECT_TRUE(status.ok() || absl::IsDataLoss(status) || absl::IsNotFound(status)) << status;
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::procfs
