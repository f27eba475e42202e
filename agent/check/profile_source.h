// A profile as the `seccomp` subcommands are given it: a file, or RuntimeDefault by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seccomp/lint.h"
#include "seccomp/profile.h"
#include "seccomp/resolve.h"
#include "seccomp/runtime_default.h"
#include "yaml/diagnostic.h"

namespace sekisho::check {

// The name that stands for containerd's own profile, as a policy's `floor` has it.
inline constexpr std::string_view kRuntimeDefault = "RuntimeDefault";

// For which container the conditions of Docker's format are evaluated.
struct ProfileTarget {
  seccomp::Target container;
  // Whose RuntimeDefault is meant.
  seccomp::ContainerdVersion containerd = seccomp::ContainerdVersion::k2_2_4;
  // As containerd reads it instead, which does not know the conditions.
  bool as_containerd_reads = false;
};

struct NamedProfile {
  std::string name;
  // Of the format that runtimes read: resolved for the target, or as containerd reads it.
  seccomp::Profile profile;
  seccomp::Format written_in = seccomp::Format::kOci;
  seccomp::Profile as_written;
};

// `bytes` of the file `name`. On errors they are added, and nothing is returned.
std::optional<NamedProfile> ReadProfile(const std::string& name, std::string_view bytes,
                                        const ProfileTarget& target,
                                        std::vector<yaml::Diagnostic>* errors);
NamedProfile RuntimeDefaultProfile(const ProfileTarget& target);
// What a floor of that name compares with.
NamedProfile RuntimeDefaultFloor(const ProfileTarget& target);

// seccomp::Judge, with its error as a diagnostic about the file.
std::optional<seccomp::Judged> JudgeProfile(const NamedProfile& profile,
                                            std::vector<yaml::Diagnostic>* errors);

// "ERRNO 1 (EPERM)", "ALLOW": an action with its data.
std::string ActionText(seccomp::Action action, uint16_t data);
// "x86_64": without the SCMP_ARCH_.
std::string ArchText(const seccomp::Arch& arch);

}  // namespace sekisho::check
