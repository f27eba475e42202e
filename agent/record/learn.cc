#include "record/learn.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "record/conditions.h"
#include "seccomp/lint.h"
#include "seccomp/parse.h"
#include "seccomp/syscalls.h"

namespace sekisho::record {
namespace {

using base::StrCat;

constexpr uint32_t kEperm = 1;
constexpr int64_t kX32Bit = 0x40000000;  // asm/unistd.h, __X32_SYSCALL_BIT

// What runc's process, a Go program, makes or not between loading the filter and the container's
// first instruction, as its scheduler and its collector please. Of 71 starts and execs of
// containers under runc 1.1.5, 36 made futex and one (on a busy machine) rt_sigreturn, the others
// not; a profile without futex then failed one start in five. The rest is what else Go's runtime
// makes by itself while no thread is started.
constexpr auto kByChance = std::to_array<const char*>(
    {"epoll_pwait", "futex", "getpid", "gettid", "madvise", "mmap", "munmap", "nanosleep",
     "rt_sigprocmask", "rt_sigreturn", "sched_yield", "sigaltstack", "tgkill"});

// With these runc 1.3.6 tries, under the filter, to get a /proc that nobody has mounted anything
// over. It opens /proc itself where they are refused, as RuntimeDefault does. Learnt from runc,
// they would make every profile weaker than that; 1.1.5 and 1.1.15 make none of them.
constexpr auto kDoneWithout =
    std::to_array<const char*>({"fsconfig", "fsmount", "fsopen", "move_mount", "open_tree"});

// x32 programs run on the kernel's x86_64 with a bit in the number; libseccomp calls that an
// architecture of its own.
const seccomp::Arch* ArchOf(const Call& call) {
  static const std::optional<seccomp::Arch> kX32 = seccomp::ArchNamed("SCMP_ARCH_X32");
  static const std::optional<seccomp::Arch> kX8664 = seccomp::ArchNamed("SCMP_ARCH_X86_64");
  if (kX32 && kX8664 && call.arch == kX8664->token && call.number >= kX32Bit) {
    return &*kX32;
  }
  for (const seccomp::Arch& arch : seccomp::Architectures()) {
    if (arch.token == call.arch) {
      return &arch;
    }
  }
  return nullptr;
}

const std::string* NameOf(const seccomp::Arch& arch, int64_t number) {
  for (const seccomp::Syscall& syscall : seccomp::SyscallsOf(arch)) {
    if (syscall.number == number) {
      return &syscall.name;
    }
  }
  return nullptr;
}

bool Contains(const std::vector<seccomp::Arch>& architectures, const seccomp::Arch& arch) {
  return std::ranges::find(architectures, arch) != architectures.end();
}

// Sorted as seccomp::Architectures() is, each once.
std::vector<seccomp::Arch> InOrder(const std::vector<seccomp::Arch>& some) {
  std::vector<seccomp::Arch> ordered;
  std::ranges::copy_if(seccomp::Architectures(), std::back_inserter(ordered),
                       [&](const seccomp::Arch& arch) { return Contains(some, arch); });
  return ordered;
}

Calls NamesOf(const Tally& tally) {
  Calls of_runc = NamesOf(tally.of_runc);
  for (const char* name : kDoneWithout) {
    of_runc.names.erase(name);
  }
  return United(NamesOf(tally.calls), of_runc);
}

void DoubtLosses(const Losses& losses, std::vector<std::string>& doubts) {
  if (losses.overruns > 0) {
    doubts.push_back(
        StrCat("the recorder could not keep up and lost records, ", losses.overruns, " times"));
  }
  if (losses.missing > 0) {
    doubts.push_back(StrCat(losses.missing, " audit records never came"));
  }
  if (!losses.in_kernel.has_value()) {
    doubts.emplace_back(
        "the kernel's count of lost records could not be read (it takes CAP_AUDIT_CONTROL)");
  } else if (*losses.in_kernel > 0) {
    doubts.push_back(StrCat("the kernel lost ", *losses.in_kernel,
                            " audit records by its own count (see audit_backlog_limit)"));
  }
  if (losses.unreadable > 0) {
    doubts.push_back(StrCat(losses.unreadable, " records could not be read"));
  }
  if (!losses.end_seen) {
    doubts.emplace_back("the last records did not come in time");
  }
}

void DoubtContainers(const Evidence& evidence, std::vector<std::string>& doubts) {
  if (evidence.containers.empty()) {
    doubts.emplace_back("no container was created that matches, or the agent does not run here");
  }
  for (const RecordedContainer& container : evidence.containers) {
    const auto found = evidence.sum.records_of.find(container.id);
    if (found == evidence.sum.records_of.end() || found->second == 0) {
      doubts.push_back(StrCat("container ", container.namespace_, "/", container.pod, "/",
                              container.name, " left no record"));
    }
  }
}

// Whether ToProfile could have written the rule.
bool IsOurs(const seccomp::Rule& rule) {
  if (rule.action == seccomp::Action::kAllow && rule.args.empty()) {
    return true;
  }
  return std::ranges::all_of(rule.names, [&rule](const std::string& name) {
    const auto ours = ConditionalRules().find(name);
    return ours != ConditionalRules().end() &&
           std::ranges::any_of(ours->second, [&rule](const seccomp::Rule& one) {
             return one.action == rule.action && one.errno_ret == rule.errno_ret &&
                    one.args == rule.args;
           });
  });
}

std::string ToText(const Call& call) {
  const seccomp::Arch* const arch = ArchOf(call);
  return StrCat(arch == nullptr ? StrCat("architecture ", call.arch) : std::string(arch->name), " ",
                call.number);
}

}  // namespace

Calls NamesOf(const std::set<Call>& calls) {
  Calls named;
  std::vector<seccomp::Arch> seen;
  for (const Call& call : calls) {
    const seccomp::Arch* const arch = ArchOf(call);
    const std::string* const name = arch == nullptr ? nullptr : NameOf(*arch, call.number);
    if (name == nullptr) {
      named.unnamed.push_back(call);
      continue;
    }
    named.names.insert(*name);
    seen.push_back(*arch);
  }
  named.architectures = InOrder(seen);
  return named;
}

Calls United(const Calls& a, const Calls& b) {
  Calls both = a;
  both.names.insert(b.names.begin(), b.names.end());
  both.architectures.insert(both.architectures.end(), b.architectures.begin(),
                            b.architectures.end());
  both.architectures = InOrder(both.architectures);
  std::set<Call> unnamed(a.unnamed.begin(), a.unnamed.end());
  unnamed.insert(b.unnamed.begin(), b.unnamed.end());
  both.unnamed.assign(unnamed.begin(), unnamed.end());
  return both;
}

Lesson Learn(const Evidence& evidence) {
  Lesson lesson;
  lesson.calls = NamesOf(evidence.sum.recorded);
  const Calls unknown = NamesOf(evidence.sum.unknown);
  std::ranges::set_difference(unknown.names, lesson.calls.names,
                              std::back_inserter(lesson.guessed));
  lesson.guesses_included = evidence.sum.elsewhere == 0 && !evidence.containers.empty();
  if (lesson.guesses_included) {
    lesson.calls = United(lesson.calls, unknown);
  }
  lesson.observed = lesson.calls.names.size();
  for (const std::string_view name : seccomp::NeededToStart()) {
    lesson.calls.names.emplace(name);
  }
  lesson.calls.names.insert(kByChance.begin(), kByChance.end());
  lesson.calls.architectures.push_back(seccomp::NativeArch());
  lesson.calls.architectures = InOrder(lesson.calls.architectures);

  DoubtContainers(evidence, lesson.doubts);
  DoubtLosses(evidence.losses, lesson.doubts);
  for (const Call& call : lesson.calls.unnamed) {
    lesson.doubts.push_back(
        StrCat("a call that this build knows no name of was made: ", ToText(call)));
  }
  if (!lesson.guesses_included && !lesson.guessed.empty()) {
    lesson.doubts.emplace_back(
        "some system calls were made by processes that ended before they could be looked up, and "
        "may be the container's: other processes of the node were logging too");
  }
  return lesson;
}

std::vector<std::string> ConditionalIn(const Calls& calls) {
  std::vector<std::string> names;
  std::ranges::copy_if(calls.names, std::back_inserter(names),
                       [](const std::string& name) { return ConditionalRules().contains(name); });
  return names;
}

seccomp::Profile ToProfile(const Calls& calls) {
  seccomp::Profile profile;
  profile.default_action = seccomp::Action::kErrno;
  profile.default_errno_ret = kEperm;
  profile.architectures = calls.architectures;
  profile.rules.push_back({.action = seccomp::Action::kAllow});
  std::set<std::string> names = calls.names;
  if (names.contains("clone3")) {
    names.insert("clone");  // what C libraries do when they are told that there is no clone3
  }
  for (const std::string& name : names) {
    const auto conditional = ConditionalRules().find(name);
    if (conditional == ConditionalRules().end()) {
      profile.rules.front().names.push_back(name);
    } else {
      profile.rules.insert(profile.rules.end(), conditional->second.begin(),
                           conditional->second.end());
    }
  }
  return profile;
}

absl::StatusOr<Calls> CallsOfOurs(std::string_view bytes, const std::string& file) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<seccomp::Profile> profile = seccomp::Parse(bytes, file, &errors);
  if (!profile.has_value()) {
    return absl::FailedPreconditionError(
        StrCat(file, ": is no seccomp profile",
               errors.empty() ? "" : StrCat(" (", errors.front().ToString(), ")")));
  }
  if (profile->format != seccomp::Format::kOci ||
      profile->default_action != seccomp::Action::kErrno ||
      profile->default_errno_ret.value_or(kEperm) != kEperm || !profile->flags.empty() ||
      !profile->listener_path.empty() || !std::ranges::all_of(profile->rules, IsOurs)) {
    return absl::FailedPreconditionError(StrCat(
        file, ": is a profile, but none that a recording made, so nothing can be added to it"));
  }
  Calls calls;
  for (const seccomp::Rule& rule : profile->rules) {
    calls.names.insert(rule.names.begin(), rule.names.end());
  }
  calls.architectures = InOrder(profile->architectures);
  return calls;
}

}  // namespace sekisho::record
