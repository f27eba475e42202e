// A profile's text -> Profile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seccomp/profile.h"

namespace sekisho::seccomp {

// Bounds. moby's default profile has 17 KiB, 33 rules and 430 names.
inline constexpr size_t kProfileBytesMax = size_t{1} << 20;
inline constexpr size_t kRulesMax = 4096;
inline constexpr size_t kNamesMax = 16384;  // of all rules together
inline constexpr size_t kNestingMax = 16;
inline constexpr size_t kValuesMax = 131072;  // of JSON, of every kind

// Reads a profile of either format. Stricter than the runtimes: theirs (Go's encoding/json) drop
// keys that they do not know, take keys in any case, and let the last of two equal keys win, so
// that what a person reads in the file need not be what runs. Here every key that neither format
// has, a repeated key, a value of the wrong type, an unknown action, architecture, operator, flag
// or capability, an argument index above 5, and bytes that are not UTF-8 are errors. (A name that
// is no system call's is not: profiles name calls that not every libseccomp knows. See lint.h.)
//
// Lenient where Go is, and real files need it: null, which is how Go writes an empty list, is the
// same as leaving the key out.
//
// Docker's format is what moby reads (moby/profiles, seccomp.go), and what containers/common adds
// to it for Podman and CRI-O: `errno` and `defaultErrno`, the names of `errnoRet` and
// `defaultErrnoRet`. Entries of `archMap` for architectures that libseccomp knows from 2.6 on
// (moby's own profile has one for LoongArch) are left out: this build runs on none of them. As in
// moby, `architectures` and `archMap` exclude each other.
//
// `defaultAction` must be there. Without one, moby and some releases of runc take a profile that
// has no rules either for "no seccomp", and others refuse it: `{}` must not be what a container
// runs with.
//
// Every error is added with the line and the column; on any, nothing is returned. `file` is for the
// diagnostics alone.
std::optional<Profile> Parse(std::string_view bytes, const std::string& file,
                             std::vector<yaml::Diagnostic>* errors);

}  // namespace sekisho::seccomp
