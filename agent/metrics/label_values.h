// The values that labels of ours can have, where there are few.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sekisho::metrics {

// The first level of Record::enforced, which is the strictest, without its version: a version comes
// from a namespace's labels, and who writes them could make many. An index into kLevels.
inline constexpr std::array<std::string_view, 4> kLevels = {"_unknown", "privileged", "baseline",
                                                            "restricted"};
size_t LevelIndex(std::string_view enforced);

// The last part of the path of an edited field, without the key in brackets: an index into
// kEditFields, whose first is for fields that it does not have.
inline constexpr std::array<std::string_view, 13> kEditFields = {
    "_other",         "add_ambient_capabilities", "add_capabilities", "annotations",
    "apparmor",       "drop_capabilities",        "masked_paths",     "no_new_privs",
    "readonly_paths", "readonly_rootfs",          "seccomp",          "selinux_options",
    "sysctls"};
size_t EditFieldIndex(std::string_view path);

// gRPC's name of a status code, "PERMISSION_DENIED"; "_other" for a number that is none.
std::string_view CodeName(int code);

}  // namespace sekisho::metrics
