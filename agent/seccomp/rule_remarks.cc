#include "seccomp/rule_remarks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

constexpr uint32_t kEperm = 1;  // what runc answers when no errno is given
constexpr size_t kTitleNames = 2;
// Of the names that are unknown. A profile with more is about something else than this kernel, and
// a search for the nearest name takes a while.
constexpr size_t kUnknownTold = 32;

bool HasErrno(Action action) {
  return action == Action::kErrno || action == Action::kTrace;
}

yaml::Location PlaceOf(const Rule& rule, size_t name) {
  return name < rule.names_where.size() ? rule.names_where[name] : rule.where;
}

class Remarks {
 public:
  Remarks(const Profile& profile, std::vector<Remark>* remarks)
      : profile_(profile), remarks_(remarks) {}

  void Add() {
    AddForProfile();
    for (const Rule& rule : profile_.rules) {
      AddForRule(rule);
    }
    if (unknown_ > kUnknownTold) {
      Say("unknown-syscall", Severity::kNote, {},
          StrCat(unknown_ - kUnknownTold, " more names are no system call that libseccomp knows"));
    }
  }

 private:
  void Say(std::string_view id, Severity severity, yaml::Location where, std::string message,
           std::string fix = {}) {
    remarks_->push_back({.id = id,
                         .severity = severity,
                         .where = where,
                         .message = std::move(message),
                         .fix = std::move(fix)});
  }

  void AddForProfile() {
    if (profile_.architectures.empty()) {
      Say("missing-architectures", Severity::kNote, {},
          StrCat("no architectures: only programs of ", NativeArch().name,
                 " run; one of another architecture that the processor can run (32-bit ones, on "
                 "most) is killed at its first system call"),
          "name the architectures, if such programs are to run");
    }
    if (!profile_.flags.empty()) {
      Say("flags", Severity::kWarning, {},
          "runc 1.1 refuses every profile with flags, so the container would not start under it",
          "leave `flags` out");
    }
    if (std::ranges::find(profile_.flags, "SECCOMP_FILTER_FLAG_SPEC_ALLOW") !=
        profile_.flags.end()) {
      Say("speculation", Severity::kWarning, {},
          "SECCOMP_FILTER_FLAG_SPEC_ALLOW gives up the kernel's protection against speculative "
          "store bypass",
          "leave the flag out");
    }
    if (profile_.default_action == Action::kErrno && profile_.default_errno_ret == 0U) {
      Say("errno-zero", Severity::kWarning, {}, ErrnoZero("every call that no rule names"),
          "give an errno, or leave defaultErrnoRet out for EPERM");
    }
    AddForListener();
  }

  void AddForListener() {
    const auto notifies = [](const Rule& rule) { return rule.action == Action::kNotify; };
    const auto rule = std::ranges::find_if(profile_.rules, notifies);
    if (rule == profile_.rules.end()) {
      if (!profile_.listener_path.empty()) {
        Say("listener-path", Severity::kNote, {},
            "listenerPath without a rule with SCMP_ACT_NOTIFY: runc does not look at it",
            "leave it out");
      }
      return;
    }
    if (profile_.listener_path.empty()) {
      Say("listener-path", Severity::kError, rule->where,
          "SCMP_ACT_NOTIFY without listenerPath: runc would not start the container");
      return;
    }
    Say("listener-path", Severity::kWarning, rule->where,
        StrCat(
            "hands calls of the container to the process on the node that listens at ",
            profile_.listener_path,
            ", which can make the kernel execute any of them; without that process the container "
            "does not start"));
  }

  static std::string ErrnoZero(std::string_view what) {
    return StrCat(what,
                  " is not executed, but answered with success: the program goes on as if it "
                  "had been");
  }

  void AddForRule(const Rule& rule) {
    if (rule.names.empty()) {
      Say("empty-rule", Severity::kWarning, rule.where, "a rule without names does nothing",
          "name the calls, or delete the rule");
      return;
    }
    AddForNames(rule);
    if (NamesNothingKnown(rule)) {
      Say("dead-rule", Severity::kWarning, rule.where,
          StrCat("the ", Title(rule), " does nothing: libseccomp knows none of its names"));
    } else if (DoesWhatTheDefaultDoes(rule, profile_)) {
      Say("dead-rule", Severity::kWarning, rule.where,
          StrCat("the ", Title(rule), " does what the default does, and is left out"),
          "delete it, or choose another action");
    }
    AddForAction(rule);
    AddForTests(rule);
  }

  void AddForNames(const Rule& rule) {
    for (size_t i = 0; i < rule.names.size(); ++i) {
      if (IsKnownSyscall(rule.names[i]) || ++unknown_ > kUnknownTold) {
        continue;
      }
      const std::optional<std::string_view> near = base::NearestName(rule.names[i], KnownNames());
      const bool lost = !MayExecute(rule.action) && MayExecute(profile_.default_action);
      Say("unknown-syscall", near.has_value() || lost ? Severity::kWarning : Severity::kNote,
          PlaceOf(rule, i),
          StrCat("\"", rule.names[i],
                 "\" is no system call that libseccomp knows, so it is left out",
                 lost ? ", and the default may execute it where the kernel has it" : ""),
          near.has_value() ? StrCat("did you mean \"", *near, "\"?") : "");
    }
  }

  // Those of the profile's architectures.
  const std::vector<std::string_view>& KnownNames() {
    if (known_.empty()) {
      std::set<std::string_view> names;
      std::vector<Arch> architectures = profile_.architectures;
      architectures.push_back(NativeArch());
      for (const Arch& arch : architectures) {
        for (const Syscall& syscall : SyscallsOf(arch)) {
          names.insert(syscall.name);
        }
      }
      known_.assign(names.begin(), names.end());
    }
    return known_;
  }

  void AddForAction(const Rule& rule) {
    if (rule.action == Action::kErrno && rule.errno_ret == 0U) {
      Say("errno-zero", Severity::kWarning, rule.where,
          ErrnoZero(StrCat("a call of the ", Title(rule))),
          "give an errno, or leave errnoRet out for EPERM");
    }
    if (rule.action == Action::kTrace) {
      Say("trace", Severity::kWarning, rule.where,
          StrCat(
              "SCMP_ACT_TRACE in the ", Title(rule),
              ": a process that traces the container decides, and one of the container's own may; "
              "without a tracer the call fails with ENOSYS"),
          "use SCMP_ACT_ERRNO");
    }
    if (rule.action == Action::kKillThread) {
      Say("kill-thread", Severity::kNote, rule.where,
          StrCat("SCMP_ACT_KILL_THREAD (or its older name SCMP_ACT_KILL) in the ", Title(rule),
                 " ends one thread; a program with several goes on without it, and may hang"),
          "use SCMP_ACT_KILL_PROCESS");
    }
  }

  void AddForTests(const Rule& rule) {
    std::set<uint32_t> seen;
    for (const ArgumentTest& test : rule.args) {
      if (seen.insert(test.index).second) {
        continue;
      }
      Say("several-tests", Severity::kWarning, rule.where,
          StrCat("the ", Title(rule), " tests argument ", test.index,
                 " more than once: runc makes a rule of each of its tests, so that any one of them "
                 "is enough"),
          "write one rule for each combination that is meant, or one test with SCMP_CMP_MASKED_EQ");
      return;
    }
  }

  const Profile& profile_;
  std::vector<Remark>* remarks_;
  std::vector<std::string_view> known_;
  size_t unknown_ = 0;
};

}  // namespace

bool DoesWhatTheDefaultDoes(const Rule& rule, const Profile& profile) {
  return rule.action == profile.default_action &&
         (!HasErrno(rule.action) ||
          rule.errno_ret.value_or(kEperm) == profile.default_errno_ret.value_or(kEperm));
}

bool NamesNothingKnown(const Rule& rule) {
  return std::ranges::none_of(rule.names, IsKnownSyscall);
}

std::string Title(const Rule& rule) {
  const size_t told = std::min(rule.names.size(), kTitleNames + 1);
  if (rule.names.size() <= kTitleNames + 1) {
    return StrCat("rule for ", base::StrJoin(rule.names, ", "));
  }
  const std::vector<std::string> first(rule.names.begin(),
                                       rule.names.begin() + static_cast<std::ptrdiff_t>(told - 1));
  return StrCat("rule for ", base::StrJoin(first, ", "), " and ", rule.names.size() - first.size(),
                " more");
}

void AddRuleRemarks(const Profile& profile, std::vector<Remark>* remarks) {
  Remarks(profile, remarks).Add();
}

void Sort(std::vector<Remark>* remarks) {
  std::stable_sort(remarks->begin(), remarks->end(), [](const Remark& a, const Remark& b) {
    return std::tuple(a.severity, a.where.line, a.where.column) <
           std::tuple(b.severity, b.where.line, b.where.column);
  });
}

}  // namespace sekisho::seccomp
