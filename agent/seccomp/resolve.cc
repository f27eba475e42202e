#include "seccomp/resolve.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sekisho::seccomp {
namespace {

bool HasCapability(const Target& target, const std::string& name) {
  const std::optional<int> number = caps::NumberOf(name);
  return number.has_value() && target.capabilities.Has(*number);
}

bool NamesArch(const Condition& condition, const Target& target) {
  return !target.arch.go_name.empty() && std::find(condition.arches.begin(), condition.arches.end(),
                                                   target.arch.go_name) != condition.arches.end();
}

// All capabilities, one of the architectures, and the kernel.
bool Includes(const Condition& condition, const Target& target) {
  return std::all_of(condition.capabilities.begin(), condition.capabilities.end(),
                     [&](const std::string& name) { return HasCapability(target, name); }) &&
         (condition.arches.empty() || NamesArch(condition, target)) &&
         (!condition.min_kernel.has_value() || target.kernel >= *condition.min_kernel);
}

// Any one of them is enough.
bool Excludes(const Condition& condition, const Target& target) {
  return std::any_of(condition.capabilities.begin(), condition.capabilities.end(),
                     [&](const std::string& name) { return HasCapability(target, name); }) ||
         NamesArch(condition, target) ||
         (condition.min_kernel.has_value() && target.kernel >= *condition.min_kernel);
}

void DropDockersKeys(Profile& profile) {
  profile.format = Format::kOci;
  profile.arch_map.clear();
  profile.default_errno_by_name = false;
  for (Rule& rule : profile.rules) {
    rule.includes = {};
    rule.excludes = {};
    rule.single_name = false;
    rule.errno_by_name = false;
  }
}

}  // namespace

KernelVersion RunningKernel() {
  utsname name{};
  return uname(&name) == 0 ? KernelVersionFrom(name.release) : KernelVersion{};
}

KernelVersion KernelVersionFrom(std::string_view release) {
  KernelVersion version;
  const char* const end = release.data() + release.size();
  const auto digit = [&](const char* at) { return at != end && *at >= '0' && *at <= '9'; };
  if (!digit(release.data())) {
    return {};
  }
  const auto major = std::from_chars(release.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.' || !digit(major.ptr + 1)) {
    return {};
  }
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  return minor.ec == std::errc() ? version : KernelVersion{};
}

Profile Resolve(const Profile& profile, const Target& target) {
  if (profile.format == Format::kOci) {
    return profile;
  }
  Profile resolved = profile;
  for (const ArchMapEntry& entry : profile.arch_map) {
    if (entry.architecture == target.arch) {
      resolved.architectures = {entry.architecture};
      resolved.architectures.insert(resolved.architectures.end(), entry.sub_architectures.begin(),
                                    entry.sub_architectures.end());
      break;
    }
  }
  resolved.rules.clear();
  for (const Rule& rule : profile.rules) {
    if (!Excludes(rule.excludes, target) && Includes(rule.includes, target)) {
      resolved.rules.push_back(rule);
    }
  }
  DropDockersKeys(resolved);
  return resolved;
}

caps::CapSet RelevantCapabilities(const Profile& profile) {
  caps::CapSet set;
  for (const Rule& rule : profile.rules) {
    for (const Condition* const condition : {&rule.includes, &rule.excludes}) {
      for (const std::string& name : condition->capabilities) {
        if (const std::optional<int> number = caps::NumberOf(name); number.has_value()) {
          set = set.With(*number);
        }
      }
    }
  }
  return set;
}

Profile AsContainerdReads(Profile profile) {
  if (profile.default_errno_by_name) {
    profile.default_errno_ret.reset();
  }
  for (Rule& rule : profile.rules) {
    if (rule.single_name) {
      rule.names.clear();
      rule.names_where.clear();
    }
    if (rule.errno_by_name) {
      rule.errno_ret.reset();
    }
  }
  DropDockersKeys(profile);
  return profile;
}

}  // namespace sekisho::seccomp
