#include "seccomp/judgement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/compare.h"
#include "seccomp/groups.h"
#include "seccomp/lint.h"
#include "seccomp/parse.h"
#include "seccomp/resolve.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

using base::StdView;
using base::StrCat;

constexpr size_t kErrorsTold = 3;

std::string Fault(const std::vector<yaml::Diagnostic>& errors) {
  const std::span<const yaml::Diagnostic> told(errors.data(), std::min(kErrorsTold, errors.size()));
  std::string text = base::StrJoin(told, "; ", [](const yaml::Diagnostic& error) {
    return StrCat("line ", error.line, ", column ", error.column, ": ", error.key,
                  error.key.empty() ? "" : ": ", error.message);
  });
  if (errors.size() > told.size()) {
    text += StrCat("; and ", errors.size() - told.size(), " more");
  }
  return StrCat("is no valid profile: ", text);
}

// `profile` without the names that nothing can be said of.
Profile Judgeable(Profile profile) {
  for (Rule& rule : profile.rules) {
    if (!MayExecute(rule.action)) {
      continue;
    }
    std::vector<std::string> names;
    std::vector<yaml::Location> places;
    for (size_t i = 0; i < rule.names.size(); ++i) {
      if (IsKnownSyscall(rule.names[i])) {
        names.push_back(std::move(rule.names[i]));
        places.push_back(i < rule.names_where.size() ? rule.names_where[i] : rule.where);
      }
    }
    rule.names = std::move(names);
    rule.names_where = std::move(places);
  }
  // The runtimes refuse a rule that names nothing.
  std::erase_if(profile.rules, [](const Rule& rule) { return rule.names.empty(); });
  return profile;
}

Profile Read(const Profile& profile, const Reading& reading) {
  switch (reading.kind) {
    case Reading::Kind::kAsWritten:
      return profile;
    case Reading::Kind::kAsContainerdReads:
      return AsContainerdReads(profile);
    case Reading::Kind::kResolved:
      break;
  }
  return Resolve(
      profile,
      {.arch = NativeArch(), .capabilities = reading.capabilities, .kernel = RunningKernel()});
}

bool Has(const Arch& arch, std::string_view syscall) {
  const std::span<const Syscall> all = SyscallsOf(arch);
  const auto found = std::lower_bound(
      all.begin(), all.end(), syscall,
      [](const Syscall& entry, std::string_view name) { return entry.name < name; });
  return found != all.end() && found->name == syscall;
}

// A call that others are made through, chosen by its first argument.
struct Through {
  std::string_view gate;
  uint32_t mask;  // of the first argument; ipc(2) keeps a version above it
  uint32_t number;
  std::string_view syscall;
};
// linux/net.h and linux/ipc.h.
constexpr std::array<Through, 32> kThrough = {{
    {"socketcall", ~0U, 1, "socket"},      {"socketcall", ~0U, 2, "bind"},
    {"socketcall", ~0U, 3, "connect"},     {"socketcall", ~0U, 4, "listen"},
    {"socketcall", ~0U, 5, "accept"},      {"socketcall", ~0U, 6, "getsockname"},
    {"socketcall", ~0U, 7, "getpeername"}, {"socketcall", ~0U, 8, "socketpair"},
    {"socketcall", ~0U, 9, "send"},        {"socketcall", ~0U, 10, "recv"},
    {"socketcall", ~0U, 11, "sendto"},     {"socketcall", ~0U, 12, "recvfrom"},
    {"socketcall", ~0U, 13, "shutdown"},   {"socketcall", ~0U, 14, "setsockopt"},
    {"socketcall", ~0U, 15, "getsockopt"}, {"socketcall", ~0U, 16, "sendmsg"},
    {"socketcall", ~0U, 17, "recvmsg"},    {"socketcall", ~0U, 18, "accept4"},
    {"socketcall", ~0U, 19, "recvmmsg"},   {"socketcall", ~0U, 20, "sendmmsg"},
    {"ipc", 0xffff, 1, "semop"},           {"ipc", 0xffff, 2, "semget"},
    {"ipc", 0xffff, 3, "semctl"},          {"ipc", 0xffff, 4, "semtimedop"},
    {"ipc", 0xffff, 11, "msgsnd"},         {"ipc", 0xffff, 12, "msgrcv"},
    {"ipc", 0xffff, 13, "msgget"},         {"ipc", 0xffff, 14, "msgctl"},
    {"ipc", 0xffff, 21, "shmat"},          {"ipc", 0xffff, 22, "shmdt"},
    {"ipc", 0xffff, 23, "shmget"},         {"ipc", 0xffff, 24, "shmctl"},
}};

bool MayExecuteThrough(const Verdicts& verdicts, const Arch& arch, const Through& through) {
  const Outcomes& outcomes = verdicts.For(arch, through.gate);
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& outcome) {
    if (!MayExecute(outcome.action)) {
      return false;
    }
    WordTests tests = outcome.when;
    tests.push_back({.word = 0, .mask = through.mask, .value = through.number});
    const auto example = Satisfy(tests);
    return !example.ok() || example->has_value();  // not found out: count it
  });
}

bool MayExecuteOn(const Verdicts& verdicts, const Arch& arch, const std::string& syscall) {
  if (Has(arch, syscall) || !IsKnownSyscall(syscall)) {
    const Outcomes& outcomes = verdicts.For(arch, syscall);
    if (std::any_of(outcomes.begin(), outcomes.end(),
                    [](const Outcome& outcome) { return MayExecute(outcome.action); })) {
      return true;
    }
  }
  return std::any_of(kThrough.begin(), kThrough.end(), [&](const Through& through) {
    return through.syscall == syscall && Has(arch, through.gate) &&
           MayExecuteThrough(verdicts, arch, through);
  });
}

}  // namespace

absl::StatusOr<Loaded> Load(const Located& located) {
  SEKISHO_ASSIGN_OR_RETURN(const TrustedBytes file, ReadTrusted(located, kProfileBytesMax));
  Content content{.digest = base::Sha256Hex(file.bytes)};
  if (content.digest.empty()) {
    return absl::InternalError("cannot be hashed");
  }
  std::vector<yaml::Diagnostic> errors;
  std::optional<Profile> profile = Parse(file.bytes, located.name, &errors);
  if (!profile.has_value()) {
    content.fault = Fault(errors);
  } else {
    content.format = profile->format;
    content.relevant = RelevantCapabilities(*profile);
  }
  return Loaded{.content = std::make_shared<const Content>(std::move(content)),
                .profile = std::move(profile),
                .identity = file.identity,
                .settled = file.settled};
}

std::string Reading::Key() const {
  switch (kind) {
    case Kind::kAsWritten:
      return "as-written";
    case Kind::kAsContainerdReads:
      return "as-containerd-reads";
    case Kind::kResolved:
      break;
  }
  return StrCat("resolved-", capabilities.mask());
}

Reading ReadingFor(const Content& content, DockerFormat docker_format, caps::CapSet capabilities) {
  if (content.format == Format::kOci) {
    return {};
  }
  if (docker_format != DockerFormat::kResolve) {
    return {.kind = Reading::Kind::kAsContainerdReads, .capabilities = {}};
  }
  return {.kind = Reading::Kind::kResolved,
          .capabilities = caps::CapSet(capabilities.mask() & content.relevant.mask())};
}

Prepared Prepare(const Profile& profile, const Reading& reading) {
  absl::StatusOr<Judged> judged = Judge(Judgeable(Read(profile, reading)));
  Prepared prepared;
  if (!judged.ok()) {
    prepared.fault = StrCat("cannot be judged: ", StdView(judged.status().message()));
    return prepared;
  }
  prepared.bytes = Render(judged->profile);
  prepared.verdicts = std::move(judged->verdicts);
  prepared.unconfined_in_disguise = judged->unconfined_in_disguise;
  prepared.refused_but_needed = std::move(judged->refused_but_needed);
  return prepared;
}

namespace {

// What a person has to know first: ways out of the container, then what is known to be dangerous.
int Rank(const Excess& excess) {
  const std::vector<std::string_view>& ways_out = WaysOut();
  if (std::find(ways_out.begin(), ways_out.end(), excess.syscall) != ways_out.end()) {
    return 0;
  }
  return WhyItMatters(excess.syscall).empty() ? 2 : 1;
}

}  // namespace

Findings HoldAgainst(const Verdicts& verdicts, const Verdicts* floor,
                     const std::vector<std::string>& must_deny) {
  Findings findings;
  if (floor != nullptr) {
    const absl::StatusOr<std::vector<Excess>> excess = Compare(verdicts, *floor);
    if (!excess.ok()) {
      findings.fault =
          StrCat("cannot be compared with the floor: ", StdView(excess.status().message()));
      return findings;
    }
    std::vector<Excess> once = OncePerCall(*excess);
    std::stable_sort(once.begin(), once.end(),
                     [](const Excess& a, const Excess& b) { return Rank(a) < Rank(b); });
    for (const Excess& one : once) {
      findings.beyond_floor.push_back(ToText(one));
    }
  }
  std::copy_if(must_deny.begin(), must_deny.end(), std::back_inserter(findings.must_deny_allowed),
               [&](const std::string& name) { return MayExecuteSome(verdicts, name); });
  return findings;
}

bool MayExecuteSome(const Verdicts& verdicts, const std::string& syscall) {
  const std::vector<Arch>& all = verdicts.architectures();
  return std::any_of(all.begin(), all.end(),
                     [&](const Arch& arch) { return MayExecuteOn(verdicts, arch, syscall); });
}

}  // namespace sekisho::seccomp
