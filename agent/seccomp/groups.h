// Named groups of system calls, and why some of them matter.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::seccomp {

// "@mount". Members are sorted and are names of system calls, never of groups.
struct Group {
  std::string_view name;         // with the @
  std::string_view description;  // one line
  std::span<const std::string_view> members;
};

// Sorted by name.
std::span<const Group> Groups();
const Group* GroupNamed(std::string_view name);

// "@mount" -> its members; "bpf" -> itself; nothing for a group that there is not, or a name that
// is no system call's.
std::optional<std::vector<std::string>> Expand(std::string_view entry);

// One line on what a container could do with the call that it should not; empty for the many that
// nothing is to be said of. "mount: attaches file systems, …"
std::string_view WhyItMatters(std::string_view syscall);

}  // namespace sekisho::seccomp
