#include "unit/seccomp/random_profile.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

namespace sekisho::testing {
namespace {

using seccomp::Action;
using seccomp::ArgumentTest;
using seccomp::Compare;
using seccomp::Condition;
using seccomp::Profile;
using seccomp::Rule;

constexpr std::array<std::string_view, 24> kHarmless = {
    "alarm",   "capget",  "getcwd",  "getegid",     "geteuid",     "getgid",  "getgroups",
    "getpgid", "getpid",  "getppid", "getpriority", "getrusage",   "getsid",  "gettid",
    "getuid",  "madvise", "mincore", "personality", "sched_yield", "sysinfo", "sched_getscheduler",
    "times",   "umask",   "uname"};

constexpr std::array<std::string_view, 4> kFlags = {
    "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};

// Not std::uniform_int_distribution: what that makes of a generator differs between libraries.
size_t Below(std::mt19937& random, size_t limit) {
  return static_cast<size_t>(random()) % limit;
}

bool Chance(std::mt19937& random, size_t one_in) {
  return Below(random, one_in) == 0;
}

template <typename List>
const auto& Pick(std::mt19937& random, const List& list) {
  return list[Below(random, list.size())];
}

uint64_t Word(std::mt19937& random) {
  const uint64_t high = random();
  return high << 32 | random();
}

uint64_t RandomValue(std::mt19937& random, const RandomProfileOptions& options) {
  static constexpr std::array<uint64_t, 10> kEdges = {
      0,           1,          0x7FFFFFFF,        0x80000000,       0xFFFFFFFF,
      0x100000000, 0x7E020000, uint64_t{1} << 63, ~uint64_t{0} - 1, ~uint64_t{0}};
  if (!options.wide_values || Chance(random, 3)) {
    return Below(random, 8);
  }
  return Chance(random, 2) ? Pick(random, kEdges) : Word(random);
}

Action RandomAction(std::mt19937& random, const RandomProfileOptions& options) {
  return options.actions.empty() ? static_cast<Action>(Below(random, 8))
                                 : Pick(random, options.actions);
}

std::optional<uint32_t> RandomErrno(std::mt19937& random, Action action) {
  if ((action != Action::kErrno && action != Action::kTrace) || Chance(random, 3)) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(1 + Below(random, 133));
}

ArgumentTest RandomTest(std::mt19937& random, const RandomProfileOptions& options) {
  ArgumentTest test;
  test.index = static_cast<uint32_t>(Below(random, 6));
  test.compare = static_cast<Compare>(Below(random, 7));
  test.value = RandomValue(random, options);
  if (test.compare == Compare::kMaskedEq) {
    // Now and then a value outside of the mask, which nothing can have.
    test.value_two = RandomValue(random, options);
    test.value_two &= Chance(random, 8) ? ~uint64_t{0} : test.value;
  }
  return test;
}

Condition RandomCondition(std::mt19937& random) {
  static constexpr std::array<std::string_view, 4> kCapabilities = {"SYS_ADMIN", "NET_RAW",
                                                                    "SYS_PTRACE", "CHOWN"};
  static constexpr std::array<std::string_view, 4> kArches = {"amd64", "arm64", "s390x", "x32"};
  Condition condition;
  for (size_t i = Below(random, 3); i > 0; --i) {
    condition.capabilities.emplace_back(Pick(random, kCapabilities));
  }
  for (size_t i = Below(random, 3); i > 0; --i) {
    condition.arches.emplace_back(Pick(random, kArches));
  }
  if (Chance(random, 3)) {
    condition.min_kernel = {.major = static_cast<int>(3 + Below(random, 4)),
                            .minor = static_cast<int>(Below(random, 20))};
  }
  return condition;
}

Rule RandomRule(std::mt19937& random, const RandomProfileOptions& options) {
  Rule rule;
  for (size_t i = 1 + Below(random, options.names_max); i > 0; --i) {
    rule.names.emplace_back(options.syscalls.empty() ? std::string(Pick(random, kHarmless))
                                                     : Pick(random, options.syscalls));
  }
  rule.action = RandomAction(random, options);
  rule.errno_ret = RandomErrno(random, rule.action);
  std::set<uint32_t> indices;
  for (size_t i = Below(random, options.tests_max + 1); i > 0; --i) {
    const ArgumentTest test = RandomTest(random, options);
    if (indices.insert(test.index).second || options.repeated_arguments) {
      rule.args.push_back(test);
    }
  }
  if (options.conditions) {
    if (Chance(random, 2)) {
      rule.includes = RandomCondition(random);
    }
    if (Chance(random, 3)) {
      rule.excludes = RandomCondition(random);
    }
    if (Chance(random, 4)) {
      rule.names.resize(1);
      rule.single_name = true;
    }
  }
  rule.names_where.resize(rule.names.size());
  return rule;
}

void AddArchitectures(std::mt19937& random, const RandomProfileOptions& options, Profile& profile) {
  const std::vector<seccomp::Arch>& all = seccomp::Architectures();
  std::vector<seccomp::Arch> arches = {seccomp::NativeArch()};
  for (size_t i = Below(random, 4); i > 0; --i) {
    const seccomp::Arch& arch = Pick(random, all);
    if (std::find(arches.begin(), arches.end(), arch) == arches.end()) {
      arches.push_back(arch);
    }
  }
  if (options.conditions) {
    profile.arch_map.push_back({arches.front(), {arches.begin() + 1, arches.end()}});
  } else if (Chance(random, 2)) {
    profile.architectures = std::move(arches);
  }
}

void AddFlags(std::mt19937& random, Profile& profile) {
  for (const std::string_view flag : kFlags) {
    if (Chance(random, 4)) {
      profile.flags.emplace_back(flag);
    }
  }
  if (Chance(random, 4)) {
    profile.listener_path = "/run/agent \"1\"/sock";
    profile.listener_metadata = Chance(random, 2) ? "" : "{\"pod\": \"ä\\b\"}";
  }
}

}  // namespace

Profile RandomProfile(std::mt19937& random, const RandomProfileOptions& options) {
  Profile profile;
  profile.format = options.conditions ? seccomp::Format::kDocker : seccomp::Format::kOci;
  profile.default_action = RandomAction(random, options);
  profile.default_errno_ret = RandomErrno(random, profile.default_action);
  if (options.architectures) {
    AddArchitectures(random, options, profile);
  }
  if (options.flags) {
    AddFlags(random, profile);
  }
  for (size_t i = Below(random, options.rules_max + 1); i > 0; --i) {
    profile.rules.push_back(RandomRule(random, options));
  }
  return profile;
}

}  // namespace sekisho::testing
