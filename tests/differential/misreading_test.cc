// That the comparison can fail: each of these is a way to get the rules wrong, and has to show. The
// second evaluator is given what somebody with that error would have read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "differential/comparison.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

#if SEKISHO_SANITIZED
constexpr uint64_t kSeedsAtMost = 4'000;
#else
constexpr uint64_t kSeedsAtMost = 40'000;
#endif

v1::LinuxContainerSecurityContext& ContextIn(Request& request) {
  return *request.container.mutable_linux()->mutable_security_context();
}

v1::NamespaceOption& NamespacesIn(Request& request) {
  return *request.pod.mutable_linux()->mutable_security_context()->mutable_namespace_options();
}

// The version before the one that was asked for, where the standards changed in that.
template <int kChangedIn>
void TooLate(Case& asked, Request& /*request*/) {
  asked.minor -= asked.minor == kChangedIn ? 1 : 0;
}

void AbsentSeccompIsTheDefault(Case& /*asked*/, Request& request) {
  if (!ContextIn(request).has_seccomp()) {
    ContextIn(request).mutable_seccomp();
  }
}

void TypeZeroIsAbsent(Case& /*asked*/, Request& request) {
  if (ContextIn(request).seccomp().profile_type() == v1::SecurityProfile::RuntimeDefault) {
    ContextIn(request).clear_seccomp();
  }
}

void NoDeprecatedSeccomp(Case& /*asked*/, Request& request) {
  ContextIn(request).clear_seccomp_profile_path();
}

void NoDeprecatedAppArmor(Case& /*asked*/, Request& request) {
  ContextIn(request).clear_apparmor_profile();
}

void UnknownProfileIsTheDefault(Case& /*asked*/, Request& request) {
  if (!v1::SecurityProfile::ProfileType_IsValid(ContextIn(request).apparmor().profile_type())) {
    ContextIn(request).clear_apparmor();
  }
}

void ToUpper(google::protobuf::RepeatedPtrField<std::string>& names) {
  for (std::string& name : names) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name.starts_with("CAP_")) {
      name.erase(0, 4);
    }
  }
}

void AnyWayToWriteAdded(Case& /*asked*/, Request& request) {
  ToUpper(*ContextIn(request).mutable_capabilities()->mutable_add_capabilities());
}

void AnyWayToWriteDropped(Case& /*asked*/, Request& request) {
  ToUpper(*ContextIn(request).mutable_capabilities()->mutable_drop_capabilities());
}

void NoAmbientCapabilities(Case& /*asked*/, Request& request) {
  ContextIn(request).mutable_capabilities()->clear_add_ambient_capabilities();
}

void NameDoesNotOverrideUser(Case& /*asked*/, Request& request) {
  ContextIn(request).clear_run_as_username();
}

void AbsentUserIsNotRoot(Case& /*asked*/, Request& request) {
  if (!ContextIn(request).has_run_as_user()) {
    ContextIn(request).mutable_run_as_user()->set_value(1000);
  }
}

void AbsentPodUserIsRoot(Case& /*asked*/, Request& request) {
  request.pod.mutable_linux()->mutable_security_context()->mutable_run_as_user();
}

void AbsentPathsAreMasked(Case& /*asked*/, Request& request) {
  const Request harmless = MakeRequest({});
  if (ContextIn(request).masked_paths().empty()) {
    *ContextIn(request).mutable_masked_paths() =
        harmless.container.linux().security_context().masked_paths();
  }
  if (ContextIn(request).readonly_paths().empty()) {
    *ContextIn(request).mutable_readonly_paths() =
        harmless.container.linux().security_context().readonly_paths();
  }
}

void EmptyUsernsIsOne(Case& /*asked*/, Request& request) {
  for (v1::NamespaceOption* options :
       {&NamespacesIn(request), ContextIn(request).mutable_namespace_options()}) {
    if (!options->has_userns_options()) {
      continue;
    }
    v1::UserNamespace& userns = *options->mutable_userns_options();
    for (auto* mappings : {userns.mutable_uids(), userns.mutable_gids()}) {
      if (mappings->empty()) {
        mappings->Add()->set_length(65536);
        mappings->Mutable(0)->set_host_id(65536);
      }
    }
  }
}

void AnyHostIdWillDo(Case& /*asked*/, Request& request) {
  for (v1::NamespaceOption* options :
       {&NamespacesIn(request), ContextIn(request).mutable_namespace_options()}) {
    if (!options->has_userns_options()) {
      continue;
    }
    for (v1::IDMapping& mapping : *options->mutable_userns_options()->mutable_uids()) {
      mapping.set_host_id(std::max(mapping.host_id(), uint32_t{65536}));
    }
  }
}

void ContainerHasItsPodsUserns(Case& /*asked*/, Request& request) {
  if (NamespacesIn(request).has_userns_options()) {
    *ContextIn(request).mutable_namespace_options()->mutable_userns_options() =
        NamespacesIn(request).userns_options();
  }
}

void NoPidNamespace(Case& /*asked*/, Request& request) {
  NamespacesIn(request).clear_pid();
  ContextIn(request).mutable_namespace_options()->clear_pid();
}

void NegativePortIsNone(Case& /*asked*/, Request& request) {
  for (v1::PortMapping& port : *request.pod.mutable_port_mappings()) {
    port.set_host_port(std::max(port.host_port(), 0));
  }
}

void PortsOfThePodAlone(Case& /*asked*/, Request& request) {
  request.container.mutable_annotations()->erase("io.kubernetes.container.ports");
}

void NoPreStop(Case& /*asked*/, Request& request) {
  request.container.mutable_annotations()->erase("io.kubernetes.container.preStopHandler");
}

void SlashesInSysctlsAreDots(Case& /*asked*/, Request& request) {
  auto& sysctls = *request.pod.mutable_linux()->mutable_sysctls();
  if (sysctls.erase("net/ipv4/tcp_syncookies") > 0) {
    sysctls["net.ipv4.tcp_syncookies"] = "1";
  }
}

void LabelsOfContainersAlone(Case& /*asked*/, Request& request) {
  request.pod.mutable_linux()->mutable_security_context()->clear_selinux_options();
}

void AnyUserInALabel(Case& /*asked*/, Request& request) {
  ContextIn(request).mutable_selinux_options()->clear_user();
}

void OwnPodDirectoryIsSafe(Case& /*asked*/, Request& request) {
  auto& mounts = *request.container.mutable_mounts();
  for (v1::Mount& mount : mounts) {
    if (mount.host_path().starts_with("/var/lib/kubelet/pods/" + request.pod.metadata().uid())) {
      mount.set_host_path("");
      mount.mutable_image()->set_image("safe");
    }
  }
}

void AnyFileIsAProfile(Case& /*asked*/, Request& request) {
  if (ContextIn(request).seccomp().profile_type() == v1::SecurityProfile::Localhost) {
    ContextIn(request).mutable_seccomp()->set_localhost_ref("/var/lib/kubelet/seccomp/web.json");
  }
}

void BidirectionalIsHarmless(Case& /*asked*/, Request& request) {
  for (v1::Mount& mount : *request.container.mutable_mounts()) {
    mount.clear_propagation();
  }
}

void AnyModeIsThePods(Case& /*asked*/, Request& request) {
  NamespacesIn(request).set_network(v1::POD);
  ContextIn(request).mutable_namespace_options()->set_network(v1::POD);
}

void UnknownFieldsMeanNothing(Case& /*asked*/, Request& request) {
  request.container.DiscardUnknownFields();
  request.pod.DiscardUnknownFields();
}

void NobodyIsPrivileged(Case& /*asked*/, Request& request) {
  ContextIn(request).set_privileged(false);
}

void NobodyIsOnWindows(Case& /*asked*/, Request& request) {
  request.pod.clear_windows();
}

void FlexVolumesAreAllowed(Case& /*asked*/, Request& request) {
  for (v1::Mount& mount : *request.container.mutable_mounts()) {
    const size_t at = mount.host_path().find("/vendor~driver/");
    if (at != std::string::npos) {
      mount.mutable_host_path()->replace(at, 15, "/kubernetes.io~secret/");
    }
  }
}

void SeccompDefaultIsSet(Case& asked, Request& /*request*/) {
  asked.seccomp_default = true;
}

struct Row {
  const char* name;
  Misreading read;
  std::string_view check;  // that it gets wrong, perhaps beside others
};

// For the names of tests, which would have addresses in them.
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class Misreadings : public ::testing::TestWithParam<Row> {};

TEST_P(Misreadings, Show) {
  Comparer comparer(GetParam().read);
  for (uint64_t seed = 0; seed < kSeedsAtMost; ++seed) {
    const Case asked = MakeCase(seed);
    if (comparer.Compare(asked).Disputed().contains(GetParam().check)) {
      // The words are for somebody who has to find out why: they name the seed and both sides.
      const std::string text = comparer.Explain(asked);
      EXPECT_TRUE(text.starts_with(base::StrCat("seed ", seed, ", "))) << text;
      EXPECT_NE(text.find("\ncontainer, second: "), std::string::npos) << text;
      return;
    }
  }
  FAIL() << "nobody would notice";
}

INSTANTIATE_TEST_SUITE_P(
    All, Misreadings,
    ::testing::ValuesIn(std::vector<Row>{
        {"Version8", TooLate<8>, "allowPrivilegeEscalation"},
        {"Version19", TooLate<19>, "seccompProfile_restricted"},
        {"Version22", TooLate<22>, "capabilities_restricted"},
        {"Version23", TooLate<23>, "runAsUser"},
        {"Version27", TooLate<27>, "sysctls"},
        {"Version29", TooLate<29>, "sysctls"},
        {"Version31", TooLate<31>, "seLinuxOptions"},
        {"Version32", TooLate<32>, "sysctls"},
        {"Version34", TooLate<34>, "hostProbesAndHostLifecycle"},
        {"Version35", TooLate<35>, "procMount_restricted"},
        {"Version37", TooLate<37>, "sysctls"},
        {"AbsentSeccompIsTheDefault", AbsentSeccompIsTheDefault, "seccompProfile_restricted"},
        {"TypeZeroIsAbsent", TypeZeroIsAbsent, "seccompProfile_restricted"},
        {"NoDeprecatedSeccomp", NoDeprecatedSeccomp, "seccompProfile_baseline"},
        {"NoDeprecatedAppArmor", NoDeprecatedAppArmor, "appArmorProfile"},
        {"UnknownProfileIsTheDefault", UnknownProfileIsTheDefault, "appArmorProfile"},
        {"AnyWayToWriteAdded", AnyWayToWriteAdded, "capabilities_baseline"},
        {"AnyWayToWriteDropped", AnyWayToWriteDropped, "capabilities_restricted"},
        {"NoAmbientCapabilities", NoAmbientCapabilities, "capabilities_baseline"},
        {"NameDoesNotOverrideUser", NameDoesNotOverrideUser, "runAsNonRoot"},
        {"AbsentUserIsNotRoot", AbsentUserIsNotRoot, "runAsNonRoot"},
        {"AbsentPodUserIsRoot", AbsentPodUserIsRoot, "runAsUser"},
        {"AbsentPathsAreMasked", AbsentPathsAreMasked, "procMount"},
        {"EmptyUsernsIsOne", EmptyUsernsIsOne, "procMount"},
        {"AnyHostIdWillDo", AnyHostIdWillDo, "runAsNonRoot"},
        {"ContainerHasItsPodsUserns", ContainerHasItsPodsUserns, "runAsUser"},
        {"NoPidNamespace", NoPidNamespace, "hostNamespaces"},
        {"NegativePortIsNone", NegativePortIsNone, "hostPorts"},
        {"PortsOfThePodAlone", PortsOfThePodAlone, "hostPorts"},
        {"NoPreStop", NoPreStop, "hostProbesAndHostLifecycle"},
        {"SlashesInSysctlsAreDots", SlashesInSysctlsAreDots, "sysctls"},
        {"LabelsOfContainersAlone", LabelsOfContainersAlone, "seLinuxOptions"},
        {"AnyUserInALabel", AnyUserInALabel, "seLinuxOptions"},
        {"OwnPodDirectoryIsSafe", OwnPodDirectoryIsSafe, "hostPathVolumes"},
        {"AnyFileIsAProfile", AnyFileIsAProfile, "seccomp-localhost-path"},
        {"BidirectionalIsHarmless", BidirectionalIsHarmless, "mount-settings"},
        {"AnyModeIsThePods", AnyModeIsThePods, "namespace-mismatch"},
        {"UnknownFieldsMeanNothing", UnknownFieldsMeanNothing, "unknown-field"},
        {"NobodyIsPrivileged", NobodyIsPrivileged, "privileged"},
        {"NobodyIsOnWindows", NobodyIsOnWindows, "windows-on-linux"},
        {"FlexVolumesAreAllowed", FlexVolumesAreAllowed, "restrictedVolumes"},
        {"SeccompDefaultIsSet", SeccompDefaultIsSet, "seccompProfile_baseline"},
    }),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace sekisho::differential
