// What is weaker in a process than it must be. Tighter is never a difference: a program may give up
// what it was given, and a runtime may hold it more firmly than it was asked to.
//
// Not covered: users in a user namespace are compared by the numbers that the reader sees, so a
// reader that is itself in one sees those that it has no number for as 65534; a program that its
// image lets become root (a setuid file, without noNewPrivileges) is told as root; and an AppArmor
// profile that lets a program change into another profile shows that other one.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "verify/verifier.h"

namespace sekisho::verify {
namespace {

using procfs::Process;
using Differences = std::vector<Difference>;

void CompareSeccomp(const Expected& expected, const Process& process, Differences& differences) {
  if (!expected.seccomp_filter) {
    return;
  }
  // Mode "strict" leaves four system calls; no filter leaves fewer.
  if (process.seccomp == procfs::SeccompMode::kOff) {
    differences.push_back({"seccomp", "filter", "off"});
  } else if (process.seccomp == procfs::SeccompMode::kFilter && process.seccomp_filters == 0) {
    differences.push_back({"seccompFilters", "at least 1", "0"});
  }
}

std::string Names(caps::CapSet set) {
  return base::StrJoin(set.Names(), ", ");
}

// The shorter of "these" and "all but these".
std::string BoundText(caps::CapSet bound) {
  const caps::CapSet rest(~bound.mask() & caps::CapSet::All().mask());
  if (bound.empty()) {
    return "none";
  }
  return rest.Names().size() < bound.Names().size() ? base::StrCat("all but ", Names(rest))
                                                    : base::StrCat("at most ", Names(bound));
}

void CompareCapabilities(const Expected& expected, const Process& process,
                         Differences& differences) {
  struct Row {
    std::string_view what;
    caps::CapSet Process::*set;
  };
  static constexpr auto kRows =
      std::to_array<Row>({{"capabilities.effective", &Process::effective},
                          {"capabilities.permitted", &Process::permitted},
                          {"capabilities.bounding", &Process::bounding},
                          {"capabilities.ambient", &Process::ambient},
                          {"capabilities.inheritable", &Process::inheritable}});
  for (const Row& row : kRows) {
    const caps::CapSet surplus((process.*row.set).mask() & ~expected.bounding.mask());
    if (!surplus.empty()) {
      differences.push_back({std::string(row.what), BoundText(expected.bounding), Names(surplus)});
    }
  }
}

// root_uid: what a container's root is to the host, where it has a user namespace. 0 counts there
// as well: it is the host's own root, should the namespace be missing.
void CompareUser(const Expected& expected, const Process& process, Differences& differences) {
  const procfs::Ids& ids = process.uid;
  const auto is_root = [&expected](int64_t id) { return id == 0 || id == expected.root_uid; };
  const auto all = std::to_array({ids.real, ids.effective, ids.saved, ids.filesystem});
  if (!expected.non_root || std::ranges::none_of(all, is_root)) {
    return;
  }
  const bool same = std::ranges::all_of(all, [&](int64_t id) { return id == ids.real; });
  std::string found =
      same ? base::StrCat("uid ", ids.real)
           : base::StrCat("uid ", ids.real, " (effective ", ids.effective, ", saved ", ids.saved,
                          ", file system ", ids.filesystem, ")");
  if (expected.root_uid != 0 && std::ranges::find(all, expected.root_uid) != all.end()) {
    found += base::StrCat("; ", expected.root_uid, " is the container's root");
  }
  differences.push_back({"user", "not root", std::move(found)});
}

void CompareNamespaces(const Expected& expected, const Process& process, const Process& host,
                       Differences& differences) {
  for (const std::string& name : expected.own_namespaces) {
    const auto own = process.namespaces.find(name);
    const auto of_host = host.namespaces.find(name);
    if (own != process.namespaces.end() && of_host != host.namespaces.end() &&
        own->second == of_host->second) {
      differences.push_back({base::StrCat("namespaces.", name), "of its own", "the host's"});
    }
  }
}

// AppArmor's labels are "unconfined" and "PROFILE (MODE)"; SELinux' and Smack's are neither.
struct AppArmorLabel {
  std::string_view profiles;  // one, or several that all apply: "a//&b"
  std::string_view mode;
};

std::optional<AppArmorLabel> ParseLabel(std::string_view label) {
  if (label == "unconfined") {
    return AppArmorLabel{.profiles = label, .mode = label};
  }
  const size_t open = label.rfind(" (");
  if (!label.ends_with(')') || open == std::string_view::npos || open == 0) {
    return std::nullopt;
  }
  return AppArmorLabel{.profiles = label.substr(0, open),
                       .mode = label.substr(open + 2, label.size() - open - 3)};
}

// A profile may have sub-profiles, "NAME//SUB", which its own rules lead to.
bool IsProfile(std::string_view profile, std::string_view wanted) {
  if (wanted == "*") {
    return profile != "unconfined";
  }
  return profile == wanted ||
         (profile.starts_with(wanted) && profile.substr(wanted.size()).starts_with("//"));
}

// Whether the wanted profile is among those that apply, and forbids what it does not allow. Of
// several with different modes ("mixed") the kernel does not tell which has which.
bool IsInForce(const AppArmorLabel& label, std::string_view wanted) {
  constexpr std::string_view kAnd = "//&";
  if (label.mode == "complain" || label.mode == "unconfined") {
    return false;
  }
  for (std::string_view rest = label.profiles;;) {
    const size_t end = rest.find(kAnd);
    if (IsProfile(rest.substr(0, end), wanted)) {
      return true;
    }
    if (end == std::string_view::npos) {
      return false;
    }
    rest.remove_prefix(end + kAnd.size());
  }
}

bool IsLabelUnseen(const Process& process) {
  return std::ranges::any_of(process.unseen,
                             [](const std::string& what) { return what.starts_with("attr/"); });
}

// Whether the host has AppArmor at all is to be seen by its labels: with it, every process has one.
void CompareAppArmor(const Expected& expected, const Process& process, const Process& host,
                     Differences& differences) {
  if (expected.apparmor.empty()) {
    return;
  }
  const std::optional<AppArmorLabel> label = ParseLabel(process.lsm_label);
  const bool nothing_told = process.lsm_label.empty() &&
                            (IsLabelUnseen(process) || !ParseLabel(host.lsm_label).has_value());
  const bool other_module = !process.lsm_label.empty() && !label.has_value();
  if (nothing_told || other_module || (label.has_value() && IsInForce(*label, expected.apparmor))) {
    return;
  }
  differences.push_back(
      {"appArmor",
       base::StrCat(expected.apparmor == "*" ? "a profile" : expected.apparmor, " (enforce)"),
       process.lsm_label.empty() ? "none" : process.lsm_label});
}

}  // namespace

std::vector<Difference> Compare(const Expected& expected, const Process& process,
                                const Process& host) {
  Differences differences;
  CompareSeccomp(expected, process, differences);
  CompareCapabilities(expected, process, differences);
  if (expected.no_new_privs && !process.no_new_privs) {
    differences.push_back({"noNewPrivileges", "set", "not set"});
  }
  CompareUser(expected, process, differences);
  CompareNamespaces(expected, process, host, differences);
  if (expected.root_read_only && process.root_read_only == false) {
    differences.push_back({"readOnlyRootFilesystem", "read-only", "writable"});
  }
  CompareAppArmor(expected, process, host, differences);
  return differences;
}

}  // namespace sekisho::verify
