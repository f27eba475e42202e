#include "seccomp/lint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/rule_remarks.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

bool Executes(const Outcome& outcome) {
  return MayExecute(outcome.action);
}
bool SomeExecute(const Outcomes& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), Executes);
}
bool AllExecute(const Outcomes& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(), Executes);
}

bool Has(const Arch& arch, std::string_view syscall) {
  const std::span<const Syscall> all = SyscallsOf(arch);
  const auto found = std::ranges::lower_bound(
      all, syscall, {}, [](const Syscall& one) -> std::string_view { return one.name; });
  return found != all.end() && found->name == syscall;
}

// "mount", "mount on SCMP_ARCH_X86": the ways out that may be taken; each once, at the first
// architecture that has it open.
std::vector<std::string> Open(const Verdicts& verdicts) {
  std::vector<std::string> open;
  for (const std::string_view name : WaysOut()) {
    for (const Arch& arch : verdicts.architectures()) {
      if (Has(arch, name) && SomeExecute(verdicts.For(arch, name))) {
        open.push_back(arch == NativeArch() ? std::string(name) : StrCat(name, " on ", arch.name));
        break;
      }
    }
  }
  return open;
}

// Whether a program of some architecture may make every one of those calls with any arguments.
bool AllOpen(const Verdicts& verdicts) {
  const std::vector<Arch>& architectures = verdicts.architectures();
  return std::any_of(architectures.begin(), architectures.end(), [&](const Arch& arch) {
    return std::all_of(WaysOut().begin(), WaysOut().end(), [&](std::string_view name) {
      return Has(arch, name) && AllExecute(verdicts.For(arch, name));
    });
  });
}

std::vector<std::string> RefusedOf(const std::vector<std::string_view>& names,
                                   const Verdicts& verdicts) {
  std::vector<std::string> refused;
  for (const std::string_view name : names) {
    // runc is a program of the native architecture.
    if (Has(NativeArch(), name) && !SomeExecute(verdicts.For(NativeArch(), name))) {
      refused.emplace_back(name);
    }
  }
  return refused;
}

void AddDefaultRemarks(Judged* judged) {
  const Action action = judged->profile.default_action;
  const std::vector<std::string> open = Open(judged->verdicts);
  const bool by_default = MayExecute(action);
  judged->unconfined_in_disguise = (by_default && !open.empty()) || AllOpen(judged->verdicts);
  if (judged->unconfined_in_disguise) {
    judged->remarks.push_back(
        {.id = "unconfined-in-disguise",
         .severity = Severity::kError,
         .where = {},
         .message = StrCat(
             "as good as unconfined: ",
             by_default ? StrCat("the default action is ", ActionName(action), ", and ") : "",
             base::StrJoin(open, ", "), " may be executed"),
         .fix = "refuse by default (defaultAction SCMP_ACT_ERRNO) and name what is needed"});
    return;
  }
  if (by_default) {
    judged->remarks.push_back(
        {.id = "no-default-deny",
         .severity = Severity::kNote,
         .where = {},
         .message = StrCat("the default action is ", ActionName(action),
                           ": what no rule names may be executed, calls of newer kernels among it"),
         .fix = "refuse by default (defaultAction SCMP_ACT_ERRNO) and name what is needed"});
  }
}

void AddNeededRemarks(Judged* judged) {
  judged->refused_but_needed = RefusedOf(NeededToStart(), judged->verdicts);
  if (!judged->refused_but_needed.empty()) {
    judged->remarks.push_back(
        {.id = "needed-but-refused",
         .severity = Severity::kError,
         .where = {},
         .message = StrCat("refuses ", base::StrJoin(judged->refused_but_needed, ", "),
                           ", without which runc cannot start any container"),
         .fix = "allow them"});
  }
  std::vector<std::string> more = RefusedOf(NeededWithNewPrivileges(), judged->verdicts);
  std::erase_if(more, [&](const std::string& name) {
    return std::ranges::count(judged->refused_but_needed, name) > 0;
  });
  if (!more.empty()) {
    judged->remarks.push_back(
        {.id = "needed-with-new-privileges",
         .severity = Severity::kNote,
         .where = {},
         .message = StrCat("refuses ", base::StrJoin(more, ", "),
                           ", without which runc cannot start a container whose "
                           "allowPrivilegeEscalation is not false"),
         .fix = "allow them, or use it only with allowPrivilegeEscalation: false"});
  }
}

// Calls that do what another does, with the arguments where no filter can look.
struct SideDoor {
  std::string_view tested;
  std::string_view door;
  std::string_view arguments;
};
constexpr std::array<SideDoor, 2> kSideDoors = {
    {{"clone", "clone3", "flags"}, {"socket", "socketcall", "arguments"}}};

void AddSideDoorRemarks(Judged* judged) {
  for (const SideDoor& side : kSideDoors) {
    for (const Arch& arch : judged->verdicts.architectures()) {
      const Outcomes& tested = judged->verdicts.For(arch, side.tested);
      if (!Has(arch, side.tested) || !Has(arch, side.door) || AllExecute(tested) ||
          !SomeExecute(judged->verdicts.For(arch, side.door))) {
        continue;
      }
      judged->remarks.push_back(
          {.id = "side-door",
           .severity = side.door == "clone3" ? Severity::kWarning : Severity::kNote,
           .where = {},
           .message = StrCat("what is refused of ", side.tested, " can be had by ", side.door,
                             " on ", arch.name, ", whose ", side.arguments,
                             " are in memory, where no filter can look"),
           .fix = side.door == "clone3"
                      ? "refuse clone3 with errnoRet 38 (ENOSYS): C libraries then use clone"
                      : ""});
      break;
    }
  }
}

}  // namespace

std::string_view SeverityName(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames = {"error", "warning", "note"};
  return kNames.at(static_cast<size_t>(severity));
}

const std::vector<std::string_view>& WaysOut() {
  static const auto* const kCalls =
      new std::vector<std::string_view>{"bpf",   "finit_module",      "init_module", "kexec_load",
                                        "mount", "open_by_handle_at", "setns",       "unshare"};
  return *kCalls;
}

absl::StatusOr<Judged> Judge(Profile profile) {
  Judged judged;
  SEKISHO_ASSIGN_OR_RETURN(judged.filter, Compile(profile));
  SEKISHO_ASSIGN_OR_RETURN(judged.verdicts, Verdicts::Of(judged.filter));
  judged.profile = std::move(profile);
  AddDefaultRemarks(&judged);
  AddNeededRemarks(&judged);
  AddSideDoorRemarks(&judged);
  AddRuleRemarks(judged.profile, &judged.remarks);
  Sort(&judged.remarks);
  return judged;
}

}  // namespace sekisho::seccomp
