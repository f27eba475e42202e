#include "seccomp/syscalls.h"

#include <linux/audit.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sekisho::seccomp {
namespace {

struct Freed {
  void operator()(char* text) const { std::free(text); }
};

// Where the kernels' tables begin: most at 0, MIPS' three one after the other, ARM's private calls
// high up, x32's above its bit. No table has gaps or is long enough to reach beyond kSpan.
constexpr std::array<int, 6> kBases = {0, 4000, 5000, 6000, 0xf0000, 0x40000000};
constexpr int kSpan = 700;

std::vector<Syscall> Read(uint32_t token) {
  std::vector<Syscall> calls;
  for (const int base : kBases) {
    for (int number = base; number < base + kSpan; ++number) {
      const std::unique_ptr<char, Freed> name(seccomp_syscall_resolve_num_arch(token, number));
      if (name == nullptr) {
        continue;
      }
      // libseccomp finds some calls by more than one number (x32's without the bit as well); the
      // one that its filters look for is what it gives for the name. Calls that are multiplexed as
      // well have a number below zero there, and their filters look for this one too.
      const int of_name = seccomp_syscall_resolve_name_arch(token, name.get());
      calls.push_back({name.get(), of_name >= 0 ? of_name : number});
    }
  }
  std::sort(calls.begin(), calls.end(),
            [](const Syscall& a, const Syscall& b) { return a.name < b.name; });
  calls.erase(std::unique(calls.begin(), calls.end(),
                          [](const Syscall& a, const Syscall& b) { return a.name == b.name; }),
              calls.end());
  return calls;
}

// libseccomp's own numbers for what goes through another call: -(first) - kind.
struct Multiplexer {
  const char* name;
  int first;
};
constexpr std::array<Multiplexer, 2> kMultiplexers = {{{"socketcall", 100}, {"ipc", 200}}};
constexpr int kKindsMax = 99;

std::vector<MultiplexedSyscall> ReadMultiplexed(uint32_t token) {
  std::vector<MultiplexedSyscall> calls;
  for (const Multiplexer& multiplexer : kMultiplexers) {
    if (seccomp_syscall_resolve_name_arch(token, multiplexer.name) < 0) {
      continue;
    }
    for (int kind = 1; kind <= kKindsMax; ++kind) {
      const std::unique_ptr<char, Freed> name(
          seccomp_syscall_resolve_num_arch(token, -multiplexer.first - kind));
      if (name != nullptr) {
        calls.push_back({name.get(), multiplexer.name, static_cast<uint32_t>(kind)});
      }
    }
  }
  return calls;
}

struct Table {
  std::once_flag once;
  std::vector<Syscall> calls;
  std::vector<MultiplexedSyscall> multiplexed;
};

// Each is read when it is first asked for, which takes a millisecond. Null for no architecture.
const Table* TableOf(const Arch& arch) {
  static const std::map<uint32_t, std::unique_ptr<Table>> kTables = [] {
    std::map<uint32_t, std::unique_ptr<Table>> made;
    for (const Arch& known : Architectures()) {
      made.emplace(known.token, std::make_unique<Table>());
    }
    return made;
  }();
  const auto found = kTables.find(arch.token);
  if (found == kTables.end()) {
    return nullptr;
  }
  Table& table = *found->second;
  std::call_once(table.once, [&] {
    table.calls = Read(arch.token);
    table.multiplexed = ReadMultiplexed(arch.token);
  });
  return &table;
}

}  // namespace

std::span<const Syscall> SyscallsOf(const Arch& arch) {
  const Table* table = TableOf(arch);
  return table == nullptr ? std::span<const Syscall>() : table->calls;
}

std::span<const MultiplexedSyscall> MultiplexedSyscallsOf(const Arch& arch) {
  const Table* table = TableOf(arch);
  return table == nullptr ? std::span<const MultiplexedSyscall>() : table->multiplexed;
}

uint32_t KernelToken(const Arch& arch) {
  return arch.token == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch.token;
}

bool IsKnownSyscall(std::string_view name) {
  // A call that the native architecture does not have, but another one, has a number below zero
  // other than that of the error.
  return seccomp_syscall_resolve_name(std::string(name).c_str()) != __NR_SCMP_ERROR;
}

std::string_view NewestKernelKnown() {
  // Distributions add calls to libseccomp without changing its version, so it is asked: the first
  // of these that it knows. One call of each kernel that brought new ones.
  static constexpr std::array<std::array<const char*, 2>, 14> kFirstSeen = {{
      {"file_getattr", "6.17"},
      {"open_tree_attr", "6.15"},
      {"setxattrat", "6.13"},
      {"mseal", "6.10"},
      {"statmount", "6.8"},
      {"futex_wake", "6.7"},
      {"fchmodat2", "6.6"},
      {"cachestat", "6.5"},
      {"set_mempolicy_home_node", "5.17"},
      {"futex_waitv", "5.16"},
      {"process_mrelease", "5.15"},
      {"quotactl_fd", "5.14"},
      {"landlock_create_ruleset", "5.13"},
      {"mount_setattr", "5.12"},
  }};
  for (const auto& [name, kernel] : kFirstSeen) {
    if (IsKnownSyscall(name)) {
      return kernel;
    }
  }
  return "5.11";
}

}  // namespace sekisho::seccomp
