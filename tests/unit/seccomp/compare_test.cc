#include "seccomp/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/str_cat.h"
#include "unit/seccomp/judged_profile.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;
using testing::ActionFor;
using testing::Executes;
using testing::FilterFrom;
using ::testing::IsEmpty;
using testing::ProfileFrom;
using testing::RandomProfile;

std::vector<std::string> Texts(const std::vector<Excess>& excess) {
  std::vector<std::string> texts;
  for (const Excess& one : excess) {
    texts.push_back(ToText(one));
  }
  return texts;
}

// What the profile `a` may execute and `b` does not.
std::vector<Excess> Beyond(const std::string& a, const std::string& b) {
  const Filter filter_a = FilterFrom(ProfileFrom(a));
  const Filter filter_b = FilterFrom(ProfileFrom(b));
  const auto excess = Compare(*Verdicts::Of(filter_a), *Verdicts::Of(filter_b));
  EXPECT_TRUE(excess.ok()) << excess.status();
  for (const Excess& one : excess.value_or(std::vector<Excess>{})) {
    EXPECT_EQ(ActionFor(filter_a, one.arch, one.syscall, one.example), one.allowed_by)
        << ToText(one);
    EXPECT_EQ(ActionFor(filter_b, one.arch, one.syscall, one.example), one.refused_by)
        << ToText(one);
  }
  return excess.value_or(std::vector<Excess>{});
}

// Refuses everything but `rules`, on this architecture.
std::string Denying(const std::string& rules) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)" + rules + "]}";
}
std::string Allow(const std::string& names, const std::string& args = "") {
  return StrCat(R"({"action": "SCMP_ACT_ALLOW", "names": [)", names, "]",
                args.empty() ? "" : StrCat(R"(, "args": [)", args, "]"), "}");
}
std::string Arg(int index, const std::string& op, uint64_t value, uint64_t value_two = 0) {
  return StrCat(R"({"op": "SCMP_CMP_)", op, R"(", "index": )", index, R"(, "value": )", value,
                R"(, "valueTwo": )", value_two, "}");
}

struct Case {
  const char* what;
  std::string a;
  std::string b;
  std::vector<std::string> excess;
};

TEST(CompareTest, TellsWhatOneAllowsBeyondTheOther) {
  constexpr uint64_t kNewNamespaces = 0x7e020000;
  const std::string none = Denying("");
  const std::string threads = Denying(Allow(R"("clone")", Arg(0, "MASKED_EQ", kNewNamespaces)));
  const Case cases[] = {
      {"the same", Denying(Allow(R"("read")")), Denying(Allow(R"("read")")), {}},
      {"fewer", none, Denying(Allow(R"("read")")), {}},
      {"more", Denying(Allow(R"("read", "bpf")")), Denying(Allow(R"("read")")), {"bpf"}},
      {"sorted by name",
       Denying(Allow(R"("write", "mount", "bpf")")),
       none,
       {"bpf", "mount", "write"}},
      {"conditions on one side",
       Denying(Allow(R"("clone")")),
       threads,
       {"clone with a CLONE_NEW* flag"}},
      {"and on the other", threads, Denying(Allow(R"("clone")")), {}},
      {"and nothing at all", threads, none, {"clone without any CLONE_NEW* flag"}},
      {"one flag",
       Denying(Allow(R"("unshare")", Arg(0, "MASKED_EQ", 0x10000000, 0x10000000))),
       none,
       {"unshare with CLONE_NEWUSER"}},
      {"two flags, of which one is not set",
       Denying(Allow(R"("unshare")", Arg(0, "MASKED_EQ", 0x50000000, 0x40000000))),
       none,
       {"unshare with CLONE_NEWNET, without CLONE_NEWUSER"}},
      {"other bits than flags",
       Denying(Allow(R"("clone")", Arg(0, "MASKED_EQ", 0xff, 17))),
       none,
       {"clone (arg0 & 0xff == 0x11)"}},
      {"families",
       Denying(Allow(R"("socket")")),
       Denying(Allow(R"("socket")", Arg(0, "LT", 38)) + "," +
               Allow(R"("socket")", Arg(0, "EQ", 39)) + "," +
               Allow(R"("socket")", Arg(0, "GT", 40))),
       {"socket with AF_ALG or AF_VSOCK"}},
      {"one family",
       Denying(Allow(R"("socket")", Arg(0, "EQ", 17))),
       none,
       {"socket with AF_PACKET"}},
      {"a personality",
       Denying(Allow(R"("personality")", Arg(0, "EQ", 0x40000))),
       none,
       {"personality with ADDR_NO_RANDOMIZE"}},
      {"a request",
       Denying(Allow(R"("ioctl")", Arg(1, "EQ", 0x5412))),
       none,
       {"ioctl with TIOCSTI"}},
      {"a value without a name",
       Denying(Allow(R"("prctl")", Arg(0, "EQ", 4))),
       none,
       {"prctl (arg0 == 4)"}},
      {"other errnos are refusals too",
       R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38})",
       R"({"defaultAction": "SCMP_ACT_KILL_PROCESS"})",
       {}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    EXPECT_EQ(Texts(Beyond(one.a, one.b)), one.excess);
  }
}

TEST(CompareTest, KnowsWhichActionsMayExecute) {
  const std::string none = Denying("");
  for (const char* action : {"ALLOW", "LOG", "TRACE", "NOTIFY"}) {
    const std::string profile =
        Denying(StrCat(R"({"names": ["mount"], "action": "SCMP_ACT_)", action, "\"}"));
    EXPECT_EQ(Texts(Beyond(profile, none)), std::vector<std::string>{"mount"}) << action;
  }
  for (const char* action : {"KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP"}) {
    const std::string profile =
        Denying(StrCat(R"({"names": ["mount"], "action": "SCMP_ACT_)", action, "\"}"));
    EXPECT_THAT(Beyond(profile, none), IsEmpty()) << action;
  }
}

TEST(CompareTest, CallsWithoutANameComeFirst) {
  const std::vector<Excess> excess = Beyond(R"({"defaultAction": "SCMP_ACT_ALLOW"})", Denying(""));
  ASSERT_GT(excess.size(), 300U);
  EXPECT_EQ(excess.front().syscall, "");
  EXPECT_EQ(ToText(excess.front()), "calls that have no name here");
  EXPECT_EQ(excess.size(), SyscallsOf(NativeArch()).size() + 1);
}

// A filter refuses what it does not have the architecture of.
TEST(CompareTest, AnArchitectureThatOneLacks) {
  if (NativeArch().name != "SCMP_ARCH_X86_64") {
    GTEST_SKIP() << "about x86";
  }
  const std::string rule = Allow(R"("mount", "chown32")");
  const std::string both =
      R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64"],)"
      R"( "syscalls": [)" +
      rule + "]}";
  EXPECT_EQ(Texts(Beyond(both, Denying(rule))),
            (std::vector<std::string>{"[x86] chown32", "[x86] mount"}));
  EXPECT_THAT(Beyond(Denying(rule), both), IsEmpty());
  // The native one comes first, and is the one that the summary names.
  const std::vector<Excess> all = Beyond(both, Denying(""));
  EXPECT_EQ(Texts(all), (std::vector<std::string>{"mount", "[x86] chown32", "[x86] mount"}));
  EXPECT_EQ(Summary(all), (std::vector<std::string>{"mount", "[x86] chown32"}));
}

// Of which this machine runs no programs: a profile may be for nodes of both kinds.
TEST(CompareTest, ArchitecturesOfOtherMachinesDoNotCount) {
  const bool on_x86 = NativeArch().name == "SCMP_ARCH_X86_64";
  const std::string foreign = on_x86 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
  const std::string both =
      StrCat(R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": [")", NativeArch().name,
             "\", \"", foreign, R"("], "syscalls": [)", Allow(R"("mount")"), "]}");
  EXPECT_EQ(Texts(Beyond(both, Denying(""))), std::vector<std::string>{"mount"});
  EXPECT_THAT(Beyond(both, Denying(Allow(R"("mount")"))), IsEmpty());
}

TEST(CompareTest, SummaryNamesEachCallOnce) {
  const std::vector<Excess> excess = Beyond(
      Denying(Allow(R"("socket")") + "," + Allow(R"("bpf")")),
      Denying(Allow(R"("socket")", Arg(0, "EQ", 1)) + "," + Allow(R"("socket")", Arg(1, "EQ", 2))));
  EXPECT_GT(excess.size(), 2U);
  EXPECT_EQ(Summary(excess), (std::vector<std::string>{"bpf", "socket (some arguments)"}));
}

// --- Properties, over profiles made up at random --------------------------------------------

struct Made {
  Filter filter;
  Verdicts verdicts;
};

// Some are refused by libseccomp, as two rules contradict each other.
std::vector<Made> MadeAtRandom(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<Made> made;
  for (int tries = 0; tries < 50 * static_cast<int>(count) && made.size() < count; ++tries) {
    absl::StatusOr<Filter> filter = Compile(RandomProfile(random, {.architectures = false}));
    if (!filter.ok()) {
      continue;
    }
    absl::StatusOr<Verdicts> verdicts = Verdicts::Of(*filter);
    EXPECT_TRUE(verdicts.ok()) << verdicts.status();
    made.push_back({*std::move(filter), *std::move(verdicts)});
  }
  EXPECT_EQ(made.size(), count);
  return made;
}

std::vector<Excess> MustCompare(const Verdicts& a, const Verdicts& b) {
  absl::StatusOr<std::vector<Excess>> excess = Compare(a, b);
  EXPECT_TRUE(excess.ok()) << excess.status();
  return *std::move(excess);
}

TEST(ComparePropertyTest, IsReflexive) {
  for (const Made& one : MadeAtRandom(1, 60)) {
    EXPECT_THAT(Texts(MustCompare(one.verdicts, one.verdicts)), IsEmpty());
  }
}

TEST(ComparePropertyTest, IsTransitive) {
  // Few calls, tests and actions, so that one is often as strict as another.
  std::mt19937 random(2);
  std::vector<Verdicts> all;
  const testing::RandomProfileOptions options = {.rules_max = 2,
                                                 .names_max = 2,
                                                 .tests_max = 1,
                                                 .syscalls = {"alarm", "umask"},
                                                 .actions = {Action::kErrno, Action::kAllow},
                                                 .wide_values = false,
                                                 .architectures = false,
                                                 .flags = false};
  while (all.size() < 24) {
    const absl::StatusOr<Filter> filter = Compile(RandomProfile(random, options));
    if (filter.ok()) {
      all.push_back(*Verdicts::Of(*filter));
    }
  }
  std::vector<std::vector<bool>> as_strict(all.size(), std::vector<bool>(all.size()));
  for (size_t a = 0; a < all.size(); ++a) {
    for (size_t b = 0; b < all.size(); ++b) {
      as_strict[a][b] = MustCompare(all[a], all[b]).empty();
    }
  }
  int chains = 0;
  for (size_t a = 0; a < all.size(); ++a) {
    for (size_t b = 0; b < all.size(); ++b) {
      for (size_t c = 0; c < all.size(); ++c) {
        if (a != b && b != c && as_strict[a][b] && as_strict[b][c]) {
          ++chains;
          EXPECT_TRUE(as_strict[a][c]) << a << " " << b << " " << c;
        }
      }
    }
  }
  EXPECT_GT(chains, 100);
}

// Words that a filter compares with, and those next to them.
std::vector<uint32_t> Constants(const Program& program) {
  std::set<uint32_t> constants = {0, 1, ~uint32_t{0}};
  for (const sock_filter& instruction : program) {
    if (BPF_CLASS(instruction.code) == BPF_JMP || BPF_CLASS(instruction.code) == BPF_ALU) {
      constants.insert({instruction.k, instruction.k + 1, instruction.k - 1});
    }
  }
  return {constants.begin(), constants.end()};
}

// Whether the comparison says of this very call that `a` executes it and `b` does not.
bool Tells(const std::vector<Excess>& excess, std::string_view syscall,
           const Arguments& arguments) {
  return std::ranges::any_of(excess, [&](const Excess& one) {
    return one.syscall == syscall && Holds(one.when, arguments);
  });
}

// Both ways, call by call: nothing that is executed by one and refused by the other is missing, and
// nothing is told that is not so.
TEST(ComparePropertyTest, AgreesWithTheInterpreter) {
  const std::vector<Made> made = MadeAtRandom(3, 40);
  std::mt19937 random(4);
  size_t differences = 0;
  for (size_t i = 0; i + 1 < made.size(); ++i) {
    const Made& a = made[i];
    const Made& b = made[i + 1];
    const std::vector<Excess> excess = MustCompare(a.verdicts, b.verdicts);
    for (const Excess& one : excess) {
      EXPECT_EQ(ActionFor(a.filter, one.arch, one.syscall, one.example), one.allowed_by);
      EXPECT_EQ(ActionFor(b.filter, one.arch, one.syscall, one.example), one.refused_by);
    }
    std::vector<uint32_t> words = Constants(a.filter.program);
    const std::vector<uint32_t> more = Constants(b.filter.program);
    words.insert(words.end(), more.begin(), more.end());
    for (const char* syscall : {"", "alarm", "getpriority", "madvise", "personality", "umask"}) {
      for (int sample = 0; sample < 200; ++sample) {
        Arguments arguments{};
        for (uint64_t& argument : arguments) {
          argument =
              uint64_t{words[random() % words.size()]} << 32 | words[random() % words.size()];
          argument = random() % 2 == 0 ? argument & ~uint32_t{0} : argument;
        }
        const bool differs = Executes(a.filter, NativeArch(), syscall, arguments) &&
                             !Executes(b.filter, NativeArch(), syscall, arguments);
        differences += differs ? 1 : 0;
        ASSERT_EQ(Tells(excess, syscall, arguments), differs) << "pair " << i << ", " << syscall;
      }
    }
  }
  EXPECT_GT(differences, 1000U);
}

}  // namespace
}  // namespace sekisho::seccomp
