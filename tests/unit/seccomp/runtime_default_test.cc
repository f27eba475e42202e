#include "seccomp/runtime_default.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "caps/cri_caps.h"
#include "seccomp/compare.h"
#include "seccomp/lint.h"
#include "unit/seccomp/judged_profile.h"

namespace sekisho::seccomp {
namespace {

using ::testing::ElementsAre;
using testing::Executes;
using testing::FilterFrom;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::VerdictsFrom;

constexpr ContainerdVersion kVersions[] = {ContainerdVersion::k1_6, ContainerdVersion::k1_7,
                                           ContainerdVersion::k1_7_32, ContainerdVersion::k2_0,
                                           ContainerdVersion::k2_2_4};

Profile For(ContainerdVersion version, caps::CapSet capabilities, KernelVersion kernel = {6, 1}) {
  return Resolve(RuntimeDefault(version),
                 {.arch = NativeArch(), .capabilities = capabilities, .kernel = kernel});
}
Profile WithDefaultCaps(ContainerdVersion version) {
  return For(version, caps::RuntimeDefaultSet());
}
caps::CapSet With(std::string_view capability) {
  return caps::RuntimeDefaultSet().With(*caps::NumberOf(capability));
}

TEST(ContainerdVersionTest, IsReadAsRuntimesSayIt) {
  using Version = ContainerdVersion;
  const struct {
    const char* text;
    std::optional<Version> version;
  } cases[] = {
      {"1.6.20~ds1", Version::k1_6},
      {"v1.6.39", Version::k1_6},
      {"1.7", Version::k1_7},
      {"1.7.24~ds1", Version::k1_7},
      {"1.7.31", Version::k1_7},
      {"v1.7.32", Version::k1_7_32},
      {"1.10.0", Version::k1_7_32},
      {"2.0.0-rc.1", Version::k2_0},
      {"v2.1.9", Version::k2_0},
      {"2.1.9+unknown", Version::k2_0},
      {"2.2.3", Version::k2_0},
      {"2.2.4", Version::k2_2_4},
      {"2.3.0", Version::k2_0},
      {"v2.3.1-k3s1", Version::k2_2_4},
      {"2.4.0", Version::k2_2_4},
      {"3.0", Version::k2_2_4},
      {"1.5.18", std::nullopt},
      {"0.2", std::nullopt},
      {"", std::nullopt},
      {"v", std::nullopt},
      {"unknown", std::nullopt},
      {"2", std::nullopt},
      {"-2.1", std::nullopt},
      {"99999999999.1", std::nullopt},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(ContainerdVersionFrom(one.text), one.version) << one.text;
  }
}

TEST(RuntimeDefaultTest, IsWithoutOneIsTheNewest) {
  EXPECT_EQ(&RuntimeDefault(), &RuntimeDefault(ContainerdVersion::k2_2_4));
}

TEST(RuntimeDefaultTest, NamesAreKnownWhereTheirArchitectureIs) {
  for (const ContainerdVersion version : kVersions) {
    for (const Rule& rule : RuntimeDefault(version).rules) {
      for (const std::string& name : rule.names) {
        // Of Linux 6.5 to 6.7: not every libseccomp 2.5 has them.
        if (name != "cachestat" && name != "fchmodat2" && !name.starts_with("futex_w") &&
            name != "futex_requeue" && name != "map_shadow_stack") {
          EXPECT_TRUE(IsKnownSyscall(name)) << name;
        }
      }
    }
  }
}

// What one version lets a container do, and another does not.
TEST(RuntimeDefaultTest, DiffersByVersion) {
  using Version = ContainerdVersion;
  const struct {
    const char* syscall;
    Arguments arguments;
    std::vector<Version> executed_by;
  } cases[] = {
      {"read", {}, {kVersions, std::end(kVersions)}},
      {"ptrace", {}, {kVersions, std::end(kVersions)}},
      {"socket", {2}, {kVersions, std::end(kVersions)}},                // AF_INET
      {"socket", {16}, {kVersions, std::end(kVersions)}},               // AF_NETLINK
      {"socket", {39}, {kVersions, std::end(kVersions)}},               // AF_NFC
      {"socket", {41}, {kVersions, std::end(kVersions)}},               // AF_KCM
      {"socket", {38}, {Version::k1_6, Version::k1_7, Version::k2_0}},  // AF_ALG
      {"socket", {40}, {Version::k1_6}},                                // AF_VSOCK
      {"io_uring_setup", {}, {Version::k1_6, Version::k1_7, Version::k1_7_32}},
      {"process_vm_writev", {}, {Version::k1_7, Version::k1_7_32, Version::k2_0, Version::k2_2_4}},
      {"name_to_handle_at", {}, {Version::k1_7, Version::k1_7_32, Version::k2_0, Version::k2_2_4}},
      {"mount", {}, {}},
      {"unshare", {}, {}},
      {"clone3", {}, {}},
      {"keyctl", {}, {}},
      {"userfaultfd", {}, {}},
      {"clone", {}, {kVersions, std::end(kVersions)}},
      {"clone", {0x3d0f00}, {kVersions, std::end(kVersions)}},  // as pthread_create does
      {"clone", {0x10000000}, {}},                              // CLONE_NEWUSER
      {"clone", {0x00020011}, {}},                              // CLONE_NEWNS
      {"personality", {0}, {kVersions, std::end(kVersions)}},
      {"personality", {0xffffffff}, {kVersions, std::end(kVersions)}},
      {"personality", {0x0040000}, {}},  // ADDR_NO_RANDOMIZE
  };
  for (const Version version : kVersions) {
    const Filter filter = FilterFrom(WithDefaultCaps(version));
    for (const auto& one : cases) {
      SCOPED_TRACE(one.syscall);
      EXPECT_EQ(Executes(filter, NativeArch(), one.syscall, one.arguments),
                std::ranges::count(one.executed_by, version) > 0)
          << "version " << static_cast<int>(version) << ", argument " << one.arguments[0];
    }
  }
}

TEST(RuntimeDefaultTest, DiffersByCapability) {
  const struct {
    const char* capability;
    std::vector<std::string> more;
  } cases[] = {
      {"BPF", {"bpf"}},
      {"DAC_READ_SEARCH", {"open_by_handle_at"}},
      {"PERFMON", {"perf_event_open"}},
      {"SYSLOG", {"syslog"}},
      {"SYS_BOOT", {"reboot"}},
      {"SYS_MODULE", {"delete_module", "finit_module", "init_module"}},
      {"SYS_NICE", {"get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"}},
      {"SYS_PACCT", {"acct"}},
      {"SYS_PTRACE", {"kcmp", "pidfd_getfd", "process_madvise"}},
      {"SYS_TIME", {"clock_settime", "settimeofday"}},
      {"SYS_TTY_CONFIG", {"vhangup"}},
      {"NET_ADMIN", {}},
      {"NET_BIND_SERVICE", {}},
  };
  const Verdicts usual = VerdictsFrom(WithDefaultCaps(ContainerdVersion::k2_2_4));
  for (const auto& one : cases) {
    SCOPED_TRACE(one.capability);
    const auto excess =
        Compare(VerdictsFrom(For(ContainerdVersion::k2_2_4, With(one.capability))), usual);
    ASSERT_TRUE(excess.ok()) << excess.status();
    std::vector<std::string> more;
    for (const Excess& call : *excess) {
      if (call.arch == NativeArch()) {
        more.push_back(ToText(call));
      }
    }
    EXPECT_EQ(more, one.more);
  }
}

TEST(RuntimeDefaultTest, SysAdminBringsNamespacesAndMounts) {
  const auto excess = Compare(VerdictsFrom(For(ContainerdVersion::k2_2_4, With("SYS_ADMIN"))),
                              VerdictsFrom(WithDefaultCaps(ContainerdVersion::k2_2_4)));
  ASSERT_TRUE(excess.ok()) << excess.status();
  EXPECT_THAT(Summary(*excess),
              IsSupersetOf({"bpf", "clone (some arguments)", "clone3", "mount", "move_mount",
                            "perf_event_open", "setns", "umount2", "unshare"}));
}

TEST(RuntimeDefaultTest, ChrootComesWithACapabilityThatContainersHave) {
  const caps::CapSet without = caps::RuntimeDefaultSet().Without(*caps::NumberOf("SYS_CHROOT"));
  const auto excess = Compare(VerdictsFrom(WithDefaultCaps(ContainerdVersion::k1_6)),
                              VerdictsFrom(For(ContainerdVersion::k1_6, without)));
  ASSERT_TRUE(excess.ok()) << excess.status();
  EXPECT_THAT(Summary(*excess), ElementsAre("chroot"));
}

TEST(RuntimeDefaultTest, OldKernelsHaveNoPtrace) {
  const Filter old =
      FilterFrom(For(ContainerdVersion::k2_2_4, caps::RuntimeDefaultSet(), KernelVersion{4, 7}));
  EXPECT_FALSE(Executes(old, NativeArch(), "ptrace"));
  EXPECT_FALSE(Executes(old, NativeArch(), "process_vm_readv"));
  EXPECT_TRUE(
      Executes(FilterFrom(For(ContainerdVersion::k2_2_4, With("SYS_PTRACE"), KernelVersion{4, 7})),
               NativeArch(), "ptrace"));
}

// AF_ALG is gone by the releases of one spring, whatever the line.
TEST(RuntimeDefaultTest, NewerIsStricterButForWhatKernelsBrought) {
  const Verdicts newest = VerdictsFrom(WithDefaultCaps(ContainerdVersion::k2_2_4));
  const auto of_1_7_32 = Compare(VerdictsFrom(WithDefaultCaps(ContainerdVersion::k1_7_32)), newest);
  const auto of_2_0 = Compare(VerdictsFrom(WithDefaultCaps(ContainerdVersion::k2_0)), newest);
  ASSERT_TRUE(of_1_7_32.ok() && of_2_0.ok());
  EXPECT_THAT(Summary(*of_1_7_32),
              ElementsAre("io_uring_enter", "io_uring_register", "io_uring_setup"));
  ASSERT_FALSE(of_2_0->empty());
  EXPECT_EQ(ToText(of_2_0->front()), "socket with AF_ALG");
  for (const ContainerdVersion other : {ContainerdVersion::k1_7_32, ContainerdVersion::k2_0}) {
    const auto back = Compare(newest, VerdictsFrom(WithDefaultCaps(other)));
    ASSERT_TRUE(back.ok());
    EXPECT_THAT(Summary(*back), IsEmpty());
  }
}

TEST(RuntimeDefaultTest, IsAProfileThatContainersStartUnder) {
  for (const ContainerdVersion version : kVersions) {
    for (const caps::CapSet capabilities : {caps::RuntimeDefaultSet(), caps::CapSet()}) {
      const absl::StatusOr<Judged> judged = Judge(For(version, capabilities));
      ASSERT_TRUE(judged.ok()) << judged.status();
      EXPECT_FALSE(judged->unconfined_in_disguise);
      EXPECT_THAT(judged->refused_but_needed, IsEmpty());
      for (const std::string_view name : NeededWithNewPrivileges()) {
        EXPECT_TRUE(Executes(judged->filter, NativeArch(), name)) << name;
      }
      for (const std::string_view name : WaysOut()) {
        for (const Arch& arch : judged->verdicts.architectures()) {
          EXPECT_FALSE(Executes(judged->filter, arch, name)) << name << " on " << arch.name;
        }
      }
    }
  }
}

// The table of another architecture's machine; no filter of it is made here.
TEST(RuntimeDefaultTest, OtherArchitectures) {
  const struct {
    const char* arch;
    std::vector<std::string_view> architectures;
    std::string_view has;
    uint32_t clone_argument;
  } cases[] = {
      {"amd64", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}, "arch_prctl", 0},
      {"arm64", {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}, "set_tls", 0},
      {"s390x", {"SCMP_ARCH_S390X", "SCMP_ARCH_S390"}, "s390_pci_mmio_read", 1},
      {"ppc64le", {}, "swapcontext", 0},
      {"riscv64", {}, "riscv_flush_icache", 0},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.arch);
    const Profile profile = Resolve(RuntimeDefault(), {.arch = *ArchNamed(one.arch),
                                                       .capabilities = caps::RuntimeDefaultSet(),
                                                       .kernel = {6, 1}});
    std::vector<std::string_view> architectures;
    for (const Arch& arch : profile.architectures) {
      architectures.push_back(arch.name);
    }
    EXPECT_EQ(architectures, one.architectures);
    int clones = 0;
    bool has = false;
    for (const Rule& rule : profile.rules) {
      has = has || std::ranges::count(rule.names, one.has) > 0;
      if (std::ranges::count(rule.names, "clone") > 0) {
        ++clones;
        ASSERT_EQ(rule.args.size(), 1U);
        EXPECT_EQ(rule.args[0].index, one.clone_argument);
      }
    }
    EXPECT_TRUE(has);
    EXPECT_EQ(clones, 1);
  }
}

// The floor adds up what the node's containerd and the newest one permit, and nothing else.
TEST(RuntimeDefaultFloor, PermitsWhatEitherPermits) {
  using enum ContainerdVersion;
  const auto verdicts = [](const Profile& profile, caps::CapSet capabilities) {
    return Verdicts::Of(Compile(Resolve(profile, {.arch = NativeArch(),
                                                  .capabilities = capabilities,
                                                  .kernel = {.major = 6, .minor = 1}}))
                            .value())
        .value();
  };
  const auto permitted_beyond = [](const Verdicts& a, const Verdicts& b) {
    std::set<std::string> names;
    const absl::StatusOr<std::vector<Excess>> excess = Compare(a, b);
    EXPECT_TRUE(excess.ok()) << excess.status();
    for (const Excess& one : *excess) {
      names.insert(ToText(one));
    }
    return names;
  };
  for (const ContainerdVersion version : {k1_6, k1_7, k1_7_32, k2_0, k2_2_4}) {
    for (const caps::CapSet capabilities :
         {caps::CapSet(), caps::RuntimeDefaultSet(), caps::CapSet::All()}) {
      SCOPED_TRACE(static_cast<int>(version));
      const Verdicts own = verdicts(RuntimeDefault(version), capabilities);
      const Verdicts newest = verdicts(RuntimeDefault(), capabilities);
      const Verdicts floor = verdicts(RuntimeDefaultFloor(version), capabilities);
      EXPECT_THAT(permitted_beyond(own, floor), ::testing::IsEmpty());
      EXPECT_THAT(permitted_beyond(newest, floor), ::testing::IsEmpty());
      EXPECT_EQ(permitted_beyond(floor, own), permitted_beyond(newest, own));
    }
  }
}

}  // namespace
}  // namespace sekisho::seccomp
