// What is true of the profiles of seccomp-profiles/ as files and as filters.
#include "shipped_profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "seccomp/compare.h"
#include "seccomp/lint.h"
#include "seccomp/resolve.h"
#include "seccomp/runtime_default.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kStrict[] = {"baseline-plus", "web-service", "batch-compute"};

// What containerd gives a container that asks for nothing.
caps::CapSet DefaultCaps() {
  return caps::CapSet::Of({"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW",
                           "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
                           "SYS_CHROOT", "KILL", "AUDIT_WRITE"});
}

Target TargetWith(caps::CapSet capabilities) {
  return {.arch = NativeArch(), .capabilities = std::move(capabilities), .kernel = RunningKernel()};
}

std::set<std::string> StemsOf(const std::string& extension) {
  std::set<std::string> stems;
  for (const auto& entry : std::filesystem::directory_iterator(SEKISHO_SECCOMP_PROFILES)) {
    if (entry.path().extension() == extension && entry.path().stem() != "README") {
      stems.insert(entry.path().stem().string());
    }
  }
  return stems;
}

// The classes of calls that `a` may execute and `b` refuses, as text.
std::vector<std::string> Excesses(const Verdicts& a, const Verdicts& b) {
  const absl::StatusOr<std::vector<Excess>> excess = Compare(a, b);
  if (!excess.ok()) {
    return {std::string(excess.status().message())};
  }
  std::vector<std::string> texts;
  for (const Excess& one : *excess) {
    texts.push_back(ToText(one));
  }
  return texts;
}

TEST(ShippedProfiles, EachHasAPage) {
  EXPECT_THAT(StemsOf(".json"), ElementsAre("audit-all", "baseline-plus", "batch-compute",
                                            "runtime-default", "web-service"));
  EXPECT_EQ(StemsOf(".md"), StemsOf(".json"));
  for (const std::string& name : StemsOf(".json")) {
    EXPECT_NE(ShippedText("README.md").find("(" + name + ".md)"), std::string::npos) << name;
  }
}

TEST(ShippedProfiles, AreInTheFormatOfRuntimesWithSortedNames) {
  for (const auto& [name, shipped] : ShippedProfiles()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(shipped.profile.format, Format::kOci);
    for (const Rule& rule : shipped.profile.rules) {
      EXPECT_TRUE(std::is_sorted(rule.names.begin(), rule.names.end())) << rule.names.front();
      EXPECT_EQ(std::adjacent_find(rule.names.begin(), rule.names.end()), rule.names.end())
          << rule.names.front();
    }
  }
}

// A name in two rules is one with tests of its arguments in both: a rule without would make the
// others pointless.
TEST(ShippedProfiles, NameNothingTwiceWithoutConditions) {
  for (const auto& [name, shipped] : ShippedProfiles()) {
    SCOPED_TRACE(name);
    std::set<std::string> plain;
    std::set<std::string> conditional;
    for (const Rule& rule : shipped.profile.rules) {
      for (const std::string& syscall : rule.names) {
        if (!rule.args.empty()) {
          conditional.insert(syscall);
        } else {
          EXPECT_TRUE(plain.insert(syscall).second) << syscall;
        }
        EXPECT_TRUE(IsKnownSyscall(syscall)) << syscall;
      }
    }
    for (const std::string& syscall : conditional) {
      EXPECT_FALSE(plain.contains(syscall)) << syscall;
    }
  }
}

TEST(ShippedProfiles, AreMadeForNodesOfBothArchitectures) {
  for (const char* name : kStrict) {
    std::vector<std::string_view> names;
    for (const Arch& arch : ShippedProfiles().at(name).profile.architectures) {
      names.push_back(arch.name);
    }
    EXPECT_THAT(names, ElementsAre("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")) << name;
  }
}

// Whatever the capabilities and the version: the file is the same for all of them.
TEST(ShippedProfiles, AreAtLeastAsStrictAsEveryRuntimeDefault) {
  caps::CapSet none;
  for (const ContainerdVersion version :
       {ContainerdVersion::k1_6, ContainerdVersion::k1_7, ContainerdVersion::k1_7_32,
        ContainerdVersion::k2_0, ContainerdVersion::k2_2_4}) {
    for (const caps::CapSet& capabilities : {none, DefaultCaps(), caps::CapSet::All()}) {
      const absl::StatusOr<Filter> filter =
          Compile(Resolve(RuntimeDefault(version), TargetWith(capabilities)));
      ASSERT_TRUE(filter.ok()) << filter.status();
      const absl::StatusOr<Verdicts> floor = Verdicts::Of(*filter);
      ASSERT_TRUE(floor.ok()) << floor.status();
      for (const char* name : kStrict) {
        EXPECT_THAT(Excesses(ShippedProfiles().at(name).verdicts, *floor), IsEmpty())
            << name << ", version " << static_cast<int>(version);
      }
      EXPECT_FALSE(Excesses(ShippedProfiles().at("audit-all").verdicts, *floor).empty());
    }
  }
}

TEST(ShippedProfiles, BaselinePlusPermitsAllThatTheNarrowerOnesPermit) {
  const auto& profiles = ShippedProfiles();
  for (const char* name : {"web-service", "batch-compute"}) {
    EXPECT_THAT(Excesses(profiles.at(name).verdicts, profiles.at("baseline-plus").verdicts),
                IsEmpty())
        << name;
    EXPECT_FALSE(
        Excesses(profiles.at("baseline-plus").verdicts, profiles.at(name).verdicts).empty())
        << name;
  }
}

// What `sekisho seccomp lint` says of them: nothing that keeps a container from starting, and that
// only the one for recordings is no confinement.
TEST(ShippedProfiles, AreJudgedAsTheirPagesSay) {
  for (const auto& [name, shipped] : ShippedProfiles()) {
    SCOPED_TRACE(name);
    const absl::StatusOr<Judged> judged = Judge(shipped.profile);
    ASSERT_TRUE(judged.ok()) << judged.status();
    EXPECT_EQ(judged->unconfined_in_disguise, name == "audit-all");
    EXPECT_THAT(judged->refused_but_needed, IsEmpty());
    for (const Remark& remark : judged->remarks) {
      EXPECT_TRUE(remark.severity == Severity::kNote || name == "audit-all")
          << SeverityName(remark.severity) << " " << remark.id << ": " << remark.message;
    }
  }
}

// The file is made from the table that the floor is made from. x86_64 alone: the table has other
// architectures for other machines.
#ifdef __x86_64__
TEST(ShippedProfiles, RuntimeDefaultIsTheTable) {
  const std::string text =
      Render(Resolve(RuntimeDefault(), {.arch = *ArchNamed("SCMP_ARCH_X86_64"),
                                        .capabilities = DefaultCaps(),
                                        // Its conditions name 4.8; no supported kernel is older.
                                        .kernel = {.major = 6, .minor = 1}}));
  if (std::getenv("SEKISHO_UPDATE_GOLDEN") != nullptr) {
    WriteShippedText("runtime-default.json", text);
  }
  EXPECT_EQ(ShippedText("runtime-default.json"), text) << "SEKISHO_UPDATE_GOLDEN=1 writes it anew";
}
#endif

}  // namespace
}  // namespace sekisho::seccomp
