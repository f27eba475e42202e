// Random profiles: what the agent says of a call, the kernel does with it.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "kernel/filtered_child.h"
#include "seccomp/filter.h"
#include "seccomp/verdicts.h"
#include "unit/seccomp/calls.h"
#include "unit/seccomp/random_profile.h"

namespace sekisho::testing {
namespace {

using seccomp::Action;
using seccomp::Arch;
using seccomp::Profile;

// Calls that harm nobody, whatever `free` arguments they have. A process without descriptors makes
// them, so that every number of one is a bad one.
struct Sample {
  std::string_view name;
  std::vector<uint64_t> fixed = {};  // the low words of the first arguments; the kernel looks at no
                                     // more of these
  bool stable = true;                // every process gets the same answer
};

const std::vector<Sample>& Samples() {
  static const std::vector<Sample> kSamples = {
      {.name = "getpid", .stable = false},
      {.name = "getppid", .stable = false},
      {.name = "gettid", .stable = false},
      {.name = "getuid"},
      {.name = "getegid"},
      {.name = "sched_yield"},
      {.name = "umask", .stable = false},
      {.name = "getpriority", .fixed = {0, 0}},
      {.name = "times", .fixed = {0}, .stable = false},
      {.name = "personality", .fixed = {0xffffffff}},
      {.name = "prctl", .fixed = {3}},  // PR_GET_DUMPABLE
      {.name = "lseek"},
      {.name = "dup"},
      {.name = "fcntl"},
      {.name = "ioctl"},
      {.name = "socket", .stable = false},      // descriptors are counted up
      {.name = "kill", .fixed = {0x3fffffff}},  // no such process
      {.name = "getpgid", .fixed = {0x3fffffff}},
  };
  return kSamples;
}

// The least that a child of RunUnder needs.
const std::vector<std::string> kChildNeeds = {"exit_group", "rt_sigreturn", "exit", "sigreturn"};

struct MadeCall {
  const Sample* sample = nullptr;
  Arch arch;
  ChildCall call;
  uint32_t expected = 0;  // SECCOMP_RET_…
};

bool Kills(uint32_t return_value) {
  const Action action = seccomp::ActionOf(return_value);
  return action == Action::kKillProcess || action == Action::kKillThread;
}

class KernelSeccompTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ChildReport report =
        RunUnder({{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = SECCOMP_RET_ALLOW}}, {});
    if (!report.fault.empty()) {
      GTEST_SKIP() << "a process may have no seccomp filter here: " << report.fault;
    }
  }

  // Whether the kernel takes 32-bit calls of this process.
  static bool HasInt80() {
    static const bool kHas = [] {
      if (!kHasInt80) {
        return false;
      }
      const ChildReport report = RunUnder({}, {{.entry = Entry::kInt80, .number = 20}});  // getpid
      return report.killed_by == 0 && report.answers.front().value > 0;
    }();
    return kHas;
  }

  static std::vector<Arch> CompatArchitectures() {
    if (!kHasInt80) {
      return {};
    }
    return {ArchOf("SCMP_ARCH_X86"), ArchOf("SCMP_ARCH_X32")};
  }

  // A profile whose default lets the child live, or whose first rule does.
  static Profile Random(std::mt19937& random, bool may_log) {
    std::vector<std::string> names;
    for (const Sample& sample : Samples()) {
      names.emplace_back(sample.name);
    }
    std::vector<Action> actions = {Action::kErrno, Action::kErrno,      Action::kErrno,
                                   Action::kTrap,  Action::kTrap,       Action::kAllow,
                                   Action::kAllow, Action::kKillThread, Action::kKillProcess,
                                   Action::kTrace, Action::kNotify};
    if (may_log) {
      actions.push_back(Action::kLog);
    }
    Profile profile = RandomProfile(random, {.rules_max = 20,
                                             .names_max = 4,
                                             .tests_max = 2,
                                             .syscalls = names,
                                             .actions = actions,
                                             .repeated_arguments = true,
                                             .architectures = false,
                                             .flags = false});
    if (random() % 2 == 0) {
      profile.default_action = Action::kAllow;
    } else if (profile.default_action == Action::kNotify) {
      profile.default_action = Action::kErrno;
    }
    if (profile.default_action != Action::kAllow) {
      profile.rules.insert(profile.rules.begin(), {.names = kChildNeeds, .action = Action::kAllow});
    }
    profile.architectures = CompatArchitectures();
    return profile;
  }

  static MadeCall RandomCall(std::mt19937& random, const seccomp::Filter& filter,
                             const std::vector<uint64_t>& values) {
    MadeCall made;
    made.sample = &Samples()[random() % Samples().size()];
    made.arch = filter.architectures[random() % filter.architectures.size()];
    if (made.arch.name == "SCMP_ARCH_X86" && !HasInt80()) {
      made.arch = seccomp::NativeArch();
    }
    const bool int80 = made.arch.name == "SCMP_ARCH_X86";
    for (size_t i = 0; i < 6; ++i) {
      uint64_t argument = RandomArgument(random, values);
      if (i < made.sample->fixed.size()) {
        argument = (argument & ~uint64_t{0xffffffff}) | made.sample->fixed[i];
      }
      // A 32-bit call has no more than 32 bits to give.
      made.call.arguments[i] = int80 ? argument & 0xffffffff : argument;
    }
    made.call.number = NumberOf(made.arch, made.sample->name);
    if (int80 && made.call.number == ~uint32_t{0}) {
      made.call.number = 102;  // socketcall, which has no memory to read from
    }
    made.call.entry = int80 ? Entry::kInt80 : Entry::kNative;
    made.expected =
        seccomp::Run(filter.program, CallOf(made.arch, made.call.number, ArgumentsOf(made.call)));
    return made;
  }

  // The one outcome of the verdicts that the call belongs to says the same as Run.
  static void CheckVerdict(const seccomp::Verdicts& verdicts, const MadeCall& made) {
    if (NumberOf(made.arch, made.sample->name) != made.call.number) {
      return;
    }
    const auto matches =
        Matches(verdicts.For(made.arch, made.sample->name), ArgumentsOf(made.call));
    ASSERT_EQ(matches.size(), 1U);
    EXPECT_EQ(ReturnValueOf(*matches.front()), made.expected);
  }

  // `unfiltered` is what the kernel answers to the same call without a filter.
  static void CheckAnswer(const MadeCall& made, const ChildAnswer& answer,
                          const ChildAnswer& unfiltered) {
    if (seccomp::ActionOf(made.expected) == Action::kTrap) {
      EXPECT_EQ(answer.kind, ChildAnswer::Kind::kTrapped);
      EXPECT_EQ(static_cast<uint32_t>(answer.trap_call), made.call.number);
      EXPECT_EQ(answer.trap_arch, seccomp::KernelToken(made.arch));
      return;
    }
    ASSERT_EQ(answer.kind, ChildAnswer::Kind::kReturned);
    switch (seccomp::ActionOf(made.expected)) {
      case Action::kErrno:
        EXPECT_EQ(answer.value, -static_cast<int64_t>(made.expected & SECCOMP_RET_DATA));
        break;
      case Action::kTrace:   // there is no tracer
      case Action::kNotify:  // and no listener
        EXPECT_EQ(answer.value, -ENOSYS);
        break;
      default:
        if (made.sample->stable) {
          EXPECT_EQ(answer.value, unfiltered.value);
        } else {
          EXPECT_EQ(answer.value < 0, unfiltered.value < 0) << answer.value;
        }
    }
  }

  static std::string Describe(const MadeCall& made) {
    std::string text = base::StrCat(made.arch.name, " ", made.sample->name, "(");
    for (const uint64_t argument : made.call.arguments) {
      text += base::StrCat(argument, " ");
    }
    return base::StrCat(text, "): ", seccomp::ActionName(seccomp::ActionOf(made.expected)));
  }

  static std::vector<ChildCall> CallsOf(const std::vector<MadeCall>& made) {
    std::vector<ChildCall> calls;
    calls.reserve(made.size());
    for (const MadeCall& each : made) {
      calls.push_back(each.call);
    }
    return calls;
  }

  // All calls are made by one child; the last may be one that kills it.
  static void CheckCalls(const seccomp::Filter& filter, const std::vector<MadeCall>& calls) {
    const ChildReport report = RunUnder(filter.program, CallsOf(calls));
    const ChildReport unfiltered = RunUnder({}, CallsOf(calls));
    ASSERT_EQ(report.fault, "");
    for (size_t i = 0; i < calls.size(); ++i) {
      SCOPED_TRACE(Describe(calls[i]));
      if (Kills(calls[i].expected)) {
        EXPECT_EQ(report.answers[i].kind, ChildAnswer::Kind::kNotMade);
        EXPECT_EQ(report.killed_by, SIGSYS);
        return;
      }
      CheckAnswer(calls[i], report.answers[i], unfiltered.answers[i]);
    }
    EXPECT_EQ(report.killed_by, 0);
  }
};

TEST_F(KernelSeccompTest, RandomProfilesDoWhatIsSaidOfThem) {
  std::mt19937 random(20250117);
  constexpr int kProfiles = 250;
  int profiles = 0;
  std::map<Action, int> seen;
  std::map<std::string_view, int> seen_arch;
  for (int round = 0; profiles < kProfiles; ++round) {
    ASSERT_LT(round, 4 * kProfiles) << "most random profiles cannot be compiled";
    SCOPED_TRACE(round);
    // What is logged ends up in the node's audit log.
    const Profile profile = Random(random, round % 50 == 0);
    const auto filter = seccomp::Compile(profile);
    if (!filter.ok()) {
      continue;  // rules that contradict each other
    }
    ++profiles;
    const auto verdicts = seccomp::Verdicts::Of(*filter);
    ASSERT_TRUE(verdicts.ok()) << verdicts.status();
    const std::vector<uint64_t> values = ValuesIn(profile);
    std::vector<MadeCall> calls;
    std::vector<MadeCall> deadly;
    while (calls.size() < 30 && deadly.size() < 200) {
      const MadeCall made = RandomCall(random, *filter, values);
      CheckVerdict(*verdicts, made);
      (Kills(made.expected) ? deadly : calls).push_back(made);
    }
    // A kill is logged too: one of every fourth profile is enough.
    if (profiles % 4 == 0 && !deadly.empty()) {
      calls.push_back(deadly.front());
    }
    CheckCalls(*filter, calls);
    for (const MadeCall& made : calls) {
      ++seen[seccomp::ActionOf(made.expected)];
      ++seen_arch[made.arch.name];
    }
    if (HasFailure()) {
      return;
    }
  }
  // Every action, and every way into the kernel, was tried.
  for (const Action action :
       {Action::kKillProcess, Action::kKillThread, Action::kTrap, Action::kErrno, Action::kNotify,
        Action::kTrace, Action::kLog, Action::kAllow}) {
    EXPECT_GT(seen[action], 0) << seccomp::ActionName(action);
  }
  if (HasInt80()) {
    EXPECT_GT(seen_arch["SCMP_ARCH_X86"], 100);
  }
}

TEST_F(KernelSeccompTest, AnArchitectureThatIsNotNamedIsKilled) {
  if (!HasInt80()) {
    GTEST_SKIP() << "the kernel takes no 32-bit calls";
  }
  const auto filter = seccomp::Compile({.default_action = Action::kAllow});
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(RunUnder(filter->program, {{.number = 39}}).killed_by, 0);
  EXPECT_EQ(RunUnder(filter->program, {{.entry = Entry::kInt80, .number = 20}}).killed_by, SIGSYS);
  EXPECT_EQ(RunUnder(filter->program, {{.number = 0x40000000 + 39}}).killed_by, SIGSYS);
}

TEST_F(KernelSeccompTest, TheEndsOfErrno) {
  const auto filter = seccomp::Compile(
      {.default_action = Action::kAllow,
       .rules = {{.names = {"getuid"}, .action = Action::kErrno, .errno_ret = 4094},
                 {.names = {"getegid"}, .action = Action::kErrno, .errno_ret = 0}}});
  ASSERT_TRUE(filter.ok()) << filter.status();
  const Arch native = seccomp::NativeArch();
  const ChildReport report = RunUnder(filter->program, {{.number = NumberOf(native, "getuid")},
                                                        {.number = NumberOf(native, "getegid")}});
  ASSERT_EQ(report.fault, "");
  EXPECT_EQ(report.answers[0].value, -4094);
  EXPECT_EQ(report.answers[1].value, 0);
}

}  // namespace
}  // namespace sekisho::testing
