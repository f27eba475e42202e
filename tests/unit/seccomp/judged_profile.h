// Profiles written in a test, and what their filters do with one call.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "seccomp/bpf.h"
#include "seccomp/filter.h"
#include "seccomp/parse.h"
#include "seccomp/profile.h"
#include "seccomp/syscalls.h"
#include "seccomp/verdicts.h"

namespace sekisho::testing {

// Fails the test where it is no profile.
inline seccomp::Profile ProfileFrom(std::string_view json) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<seccomp::Profile> profile = seccomp::Parse(json, "test.json", &errors);
  for (const yaml::Diagnostic& error : errors) {
    ADD_FAILURE() << error.ToString() << "\n" << json;
  }
  return profile.value_or(seccomp::Profile{});
}

// Fails the test where it cannot be compiled.
inline seccomp::Filter FilterFrom(const seccomp::Profile& profile) {
  absl::StatusOr<seccomp::Filter> filter = seccomp::Compile(profile);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return filter.ok() ? *std::move(filter) : seccomp::Filter{};
}

inline seccomp::Verdicts VerdictsFrom(const seccomp::Profile& profile) {
  absl::StatusOr<seccomp::Verdicts> verdicts = seccomp::Verdicts::Of(FilterFrom(profile));
  EXPECT_TRUE(verdicts.ok()) << verdicts.status();
  return verdicts.ok() ? *std::move(verdicts) : seccomp::Verdicts{};
}

// The number of `syscall`; of "", one that no call has.
inline int NumberOf(const seccomp::Arch& arch, std::string_view syscall) {
  int unused = 0;
  for (const seccomp::Syscall& one : seccomp::SyscallsOf(arch)) {
    if (one.name == syscall) {
      return one.number;
    }
    unused = std::max(unused, one.number + 100);
  }
  EXPECT_EQ(syscall, "") << "no call of " << arch.name;
  return unused;
}

// What the interpreter says to one call.
inline seccomp::Action ActionFor(const seccomp::Filter& filter, const seccomp::Arch& arch,
                                 std::string_view syscall, const seccomp::Arguments& arguments) {
  seccomp_data data{};
  data.nr = NumberOf(arch, syscall);
  data.arch = seccomp::KernelToken(arch);
  std::copy(arguments.begin(), arguments.end(), data.args);
  return seccomp::ActionOf(seccomp::Run(filter.program, data));
}
inline bool Executes(const seccomp::Filter& filter, const seccomp::Arch& arch,
                     std::string_view syscall, const seccomp::Arguments& arguments = {}) {
  return seccomp::MayExecute(ActionFor(filter, arch, syscall, arguments));
}

}  // namespace sekisho::testing
