// A seccomp profile as it was written, in either of the two formats in use: that of the OCI runtime
// specification (`linux.seccomp`), and that of Docker, which adds conditions to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/diagnostic.h"

namespace sekisho::seccomp {

// What the kernel does with a system call, seccomp(2); in order of precedence, the strongest first.
enum class Action { kKillProcess, kKillThread, kTrap, kErrno, kNotify, kTrace, kLog, kAllow };

// "SCMP_ACT_ERRNO". SCMP_ACT_KILL is an older name of SCMP_ACT_KILL_THREAD and is read as that.
std::string_view ActionName(Action action);
std::optional<Action> ActionNamed(std::string_view name);

// Whether the call may be executed: ALLOW and LOG execute it, TRACE and NOTIFY leave that to a
// process that the container may have a say in. Everything else never executes it.
bool MayExecute(Action action);

// An architecture: its name in profiles ("SCMP_ARCH_X86_64"), in Docker's conditions ("amd64"), and
// the kernel's token for it (AUDIT_ARCH_… of linux/audit.h; x32 has libseccomp's own).
struct Arch {
  std::string_view name;
  std::string_view go_name;  // as moby and libseccomp-golang call it: "x86", not GOARCH's "386";
                             // empty for those that it does not know
  uint32_t token = 0;

  friend bool operator==(const Arch& a, const Arch& b) { return a.token == b.token; }
};
// Every one that libseccomp 2.5 knows.
const std::vector<Arch>& Architectures();
// By either name.
std::optional<Arch> ArchNamed(std::string_view name);
// That this build runs on.
Arch NativeArch();

// The comparison of an argument with a value, seccomp_rule_add(3).
enum class Compare { kNe, kLt, kLe, kEq, kGe, kGt, kMaskedEq };
std::string_view CompareName(Compare compare);  // "SCMP_CMP_MASKED_EQ"
std::optional<Compare> CompareNamed(std::string_view name);

struct ArgumentTest {
  uint32_t index = 0;      // 0 to 5
  uint64_t value = 0;      // kMaskedEq: the mask
  uint64_t value_two = 0;  // kMaskedEq: the value that the masked argument must have
  Compare compare = Compare::kEq;

  friend bool operator==(const ArgumentTest&, const ArgumentTest&) = default;
};

struct KernelVersion {
  int major = 0;
  int minor = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 behind it for a pointer
  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

// A condition of Docker's format. Empty members say nothing.
struct Condition {
  std::vector<std::string> capabilities = {};  // prefix-free and upper-case: "SYS_ADMIN"
  std::vector<std::string> arches = {};        // Go's names: "amd64"
  std::optional<KernelVersion> min_kernel = {};

  bool empty() const { return capabilities.empty() && arches.empty() && !min_kernel.has_value(); }
  friend bool operator==(const Condition&, const Condition&) = default;
};

// One entry of `syscalls`.
struct Rule {
  std::vector<std::string> names = {};  // `names`, or the one of Docker's `name`; order as written
  Action action = Action::kErrno;
  std::optional<uint32_t> errno_ret = {};  // for kErrno and kTrace; below 65536
  bool errno_by_name = false;              // it was given by `errno` alone, which OCI readers drop
  std::vector<ArgumentTest> args = {};     // all must hold; see filter.h for what runc makes of two
                                           // tests of one argument
  Condition includes = {};                 // Docker: all must hold
  Condition excludes = {};                 // Docker: none may hold
  std::string comment = {};                // Docker
  bool single_name = false;                // Docker's `name` was used, which OCI readers drop
  yaml::Location where = {};               // of the entry
  std::vector<yaml::Location> names_where = {};  // of each name
};

// One entry of Docker's `archMap`.
struct ArchMapEntry {
  Arch architecture;
  std::vector<Arch> sub_architectures;
};

enum class Format { kOci, kDocker };

struct Profile {
  // kDocker as soon as something is said in it that a reader of the OCI format would miss: archMap,
  // name, includes, excludes, or an errno by its name alone. (What says nothing, `comment` and
  // `includes: {}`, changes nothing: an OCI reader may drop it.)
  Format format = Format::kOci;
  Action default_action = Action::kErrno;
  std::optional<uint32_t> default_errno_ret = {};
  bool default_errno_by_name = false;    // `defaultErrno` alone, which OCI readers drop
  std::vector<Arch> architectures = {};  // none: the native one alone
  std::vector<ArchMapEntry> arch_map = {};
  std::vector<std::string> flags = {};  // "SECCOMP_FILTER_FLAG_LOG", …
  std::string listener_path = {};
  std::string listener_metadata = {};
  std::vector<Rule> rules = {};
};

}  // namespace sekisho::seccomp
