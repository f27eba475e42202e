#include "seccomp/profile.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sekisho::seccomp {
namespace {

// By Action's order.
constexpr std::array<std::string_view, 8> kActionNames = {
    "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO",
    "SCMP_ACT_NOTIFY",       "SCMP_ACT_TRACE",       "SCMP_ACT_LOG",  "SCMP_ACT_ALLOW"};

// By Compare's order.
constexpr std::array<std::string_view, 7> kCompareNames = {
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
    "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

template <typename Enum, size_t kCount>
std::optional<Enum> IndexOf(const std::array<std::string_view, kCount>& names,
                            std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view ActionName(Action action) {
  return kActionNames.at(static_cast<size_t>(action));
}

std::optional<Action> ActionNamed(std::string_view name) {
  if (name == "SCMP_ACT_KILL") {
    return Action::kKillThread;
  }
  return IndexOf<Action>(kActionNames, name);
}

bool MayExecute(Action action) {
  return action == Action::kAllow || action == Action::kLog || action == Action::kTrace ||
         action == Action::kNotify;
}

const std::vector<Arch>& Architectures() {
  static const std::vector<Arch> kArchitectures = {
      {"SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64},
      {"SCMP_ARCH_X86", "x86", SCMP_ARCH_X86},
      {"SCMP_ARCH_X32", "x32", SCMP_ARCH_X32},
      {"SCMP_ARCH_AARCH64", "arm64", SCMP_ARCH_AARCH64},
      {"SCMP_ARCH_ARM", "arm", SCMP_ARCH_ARM},
      {"SCMP_ARCH_MIPS", "mips", SCMP_ARCH_MIPS},
      {"SCMP_ARCH_MIPS64", "mips64", SCMP_ARCH_MIPS64},
      {"SCMP_ARCH_MIPS64N32", "mips64n32", SCMP_ARCH_MIPS64N32},
      {"SCMP_ARCH_MIPSEL", "mipsel", SCMP_ARCH_MIPSEL},
      {"SCMP_ARCH_MIPSEL64", "mipsel64", SCMP_ARCH_MIPSEL64},
      {"SCMP_ARCH_MIPSEL64N32", "mipsel64n32", SCMP_ARCH_MIPSEL64N32},
      {"SCMP_ARCH_PPC", "ppc", SCMP_ARCH_PPC},
      {"SCMP_ARCH_PPC64", "ppc64", SCMP_ARCH_PPC64},
      {"SCMP_ARCH_PPC64LE", "ppc64le", SCMP_ARCH_PPC64LE},
      {"SCMP_ARCH_S390", "s390", SCMP_ARCH_S390},
      {"SCMP_ARCH_S390X", "s390x", SCMP_ARCH_S390X},
      {"SCMP_ARCH_RISCV64", "riscv64", SCMP_ARCH_RISCV64},
      {"SCMP_ARCH_PARISC", "", SCMP_ARCH_PARISC},
      {"SCMP_ARCH_PARISC64", "", SCMP_ARCH_PARISC64},
  };
  return kArchitectures;
}

std::optional<Arch> ArchNamed(std::string_view name) {
  for (const Arch& arch : Architectures()) {
    if (!name.empty() && (arch.name == name || arch.go_name == name)) {
      return arch;
    }
  }
  return std::nullopt;
}

Arch NativeArch() {
#if defined(__x86_64__) && defined(__ILP32__)
  return *ArchNamed("SCMP_ARCH_X32");
#elif defined(__x86_64__)
  return *ArchNamed("SCMP_ARCH_X86_64");
#elif defined(__i386__)
  return *ArchNamed("SCMP_ARCH_X86");
#elif defined(__aarch64__)
  return *ArchNamed("SCMP_ARCH_AARCH64");
#elif defined(__arm__)
  return *ArchNamed("SCMP_ARCH_ARM");
#elif defined(__riscv) && __riscv_xlen == 64
  return *ArchNamed("SCMP_ARCH_RISCV64");
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
  return *ArchNamed("SCMP_ARCH_PPC64LE");
#elif defined(__s390x__)
  return *ArchNamed("SCMP_ARCH_S390X");
#else
#error "no seccomp architecture is known for this compiler's target: add it here"
#endif
}

std::string_view CompareName(Compare compare) {
  return kCompareNames.at(static_cast<size_t>(compare));
}

std::optional<Compare> CompareNamed(std::string_view name) {
  return IndexOf<Compare>(kCompareNames, name);
}

}  // namespace sekisho::seccomp
