// Reading `syscalls`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "seccomp/profile.h"
#include "seccomp/value_reader.h"

namespace sekisho::seccomp {

// Adds the rules to the profile, and makes its format Docker's when one of them needs that.
void ReadRules(const Value& value, Profile& profile, ErrorList& errors);

std::optional<Action> ReadAction(const Value& value, ErrorList& errors);
// The number that goes with SCMP_ACT_ERRNO or SCMP_ACT_TRACE: `errnoRet`, `defaultErrnoRet`.
std::optional<uint32_t> ReadErrnoNumber(const Value& value, ErrorList& errors);
// The same by its name: `errno` and `defaultErrno` of containers/common (Podman, CRI-O).
std::optional<uint32_t> ReadErrnoName(const Value& value, ErrorList& errors);

// What a number and a name for the same errno come to.
struct ErrnoPair {
  std::optional<uint32_t> number = {};
  std::optional<uint32_t> by_name = {};
};
// Reports two that differ. `key`: of the name.
std::optional<uint32_t> Agreed(const ErrnoPair& pair, const Value& owner, std::string_view key,
                               ErrorList& errors);

}  // namespace sekisho::seccomp
