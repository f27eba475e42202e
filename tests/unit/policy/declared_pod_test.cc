// Whole pods as a manifest declares them: what is pod-wide, volumes, probes, capabilities, Windows.
//
// Texts are what upstream's own library prints, for its fixtures or for pods like them.
#include <gmock/gmock.h>

#include "policy/evaluate.h"
#include "unit/policy/check_case.h"
#include "unit/policy/declared_case.h"

namespace sekisho::policy {
namespace {

using enum Level;

constexpr int kEnd = kLatestMinor;

TEST(DeclaredPod, ALegalOneIsLegalInEveryVersion) {
  for (int minor = 0; minor <= kEnd; ++minor) {
    EXPECT_EQ(WrongWith(LegalPod(), {kRestricted, {minor}}), "") << minor;
    EXPECT_EQ(WrongWith(LegalPod(), {kBaseline, {minor}}), "") << minor;
  }
}

TEST(DeclaredPod, HostPorts) {
  constexpr DeclaredCase kRows[] = {
      {"of one container", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.regular().host_ports = {12345};
         p.sandbox.host_ports = {12345};
       },
       R"(hostPort (container "container1" uses hostPort 12345))"},
      {"of an init container, which the sandbox does not show", kBaseline, 0, kEnd,
       [](Pod& p) { p.init().host_ports = {12346}; },
       R"(hostPort (container "initcontainer1" uses hostPort 12346))"},
      {"of both: in the order of the containers, ports sorted as text", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.init().host_ports = {9};
         p.regular().host_ports = {12345, 9};
         p.sandbox.host_ports = {12345, 9};
       },
       R"(hostPort (containers "initcontainer1", "container1" use hostPorts 12345, 9))"},
      {"one port of both", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.init().host_ports = {80};
         p.regular().host_ports = {80};
       },
       R"(hostPort (containers "initcontainer1", "container1" use hostPort 80))"},
  };
  ExpectDeclared("hostPorts", kRows);
}

TEST(DeclaredPod, HostNamespacesAreNamedOnce) {
  constexpr DeclaredCase kRows[] = {
      {"two of them", kBaseline, 0, kEnd,
       [](Pod& p) {
         for (NamespaceOptions* options :
              {&p.sandbox.namespaces, &p.init().namespaces, &p.regular().namespaces}) {
           options->network = options->ipc = NamespaceMode::kNode;
         }
       },
       "host namespaces (hostNetwork=true, hostIPC=true)"},
  };
  ExpectDeclared("hostNamespaces", kRows);
}

TEST(DeclaredPod, Privileged) {
  constexpr DeclaredCase kRows[] = {
      {"one", kRestricted, 0, kEnd,
       [](Pod& p) { p.sandbox.privileged = p.init().privileged = true; },
       R"(privileged (container "initcontainer1" must not set securityContext.privileged=true))"},
      {"both", kBaseline, 0, kEnd,
       [](Pod& p) { p.sandbox.privileged = p.init().privileged = p.regular().privileged = true; },
       R"(privileged (containers "initcontainer1", "container1" must not set securityContext.privileged=true))"},
  };
  ExpectDeclared("privileged", kRows);
}

TEST(DeclaredPod, CapabilitiesOfAllContainersAreOneList) {
  constexpr DeclaredCase kRows[] = {
      {"undropped and added", kRestricted, 22, kEnd,
       [](Pod& p) {
         p.init().capabilities_drop.clear();
         p.regular().capabilities_drop = {"NET_RAW"};
         p.init().capabilities_add = {"SETUID", "CHOWN"};
         p.regular().capabilities_add = {"CHOWN", "NET_BIND_SERVICE"};
       },
       R"(unrestricted capabilities (containers "initcontainer1", "container1" must set securityContext.capabilities.drop=["ALL"]; containers "initcontainer1", "container1" must not include "CHOWN", "SETUID" in securityContext.capabilities.add))"},
  };
  ExpectDeclared("capabilities_restricted", kRows);
}

TEST(DeclaredPod, SysctlsAreReportedInTheirOrder) {
  constexpr DeclaredCase kRows[] = {
      {"as they were written", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.sysctls = {"othersysctl", "net.ipv4.tcp_syncookies", "a", "othersysctl"};
         p.sandbox.sysctls = {{"a", "1"}, {"net.ipv4.tcp_syncookies", "1"}, {"othersysctl", "1"}};
       },
       "forbidden sysctls (othersysctl, a, othersysctl)"},
      {"one that came later", kRestricted, 0, 31,
       [](Pod& p) {
         p.declared.sysctls = {"net.ipv4.tcp_rmem"};
         p.sandbox.sysctls = {{"net.ipv4.tcp_rmem", "1"}};
       },
       "forbidden sysctls (net.ipv4.tcp_rmem)"},
  };
  ExpectDeclared("sysctls", kRows);
}

// Mounted or not: the facts show no mount in any of these.
TEST(DeclaredPod, HostPathVolumes) {
  constexpr DeclaredCase kRows[] = {
      {"one", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"cache", "emptyDir"}, {"volume-hostpath", "hostPath"}};
       },
       R"(hostPath volumes (volume "volume-hostpath"))"},
      {"two, in their order", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"b", "hostPath"}, {"n", "nfs"}, {"a", "hostPath"}};
       },
       R"(hostPath volumes (volumes "b", "a"))"},
      {"a mounted claim looks like a path of the node, and is none", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"data", "persistentVolumeClaim"}};
         p.regular().mounts = {{.container_path = "/data", .host_path = "/srv/pv1"}};
       }},
  };
  ExpectDeclared("hostPathVolumes", kRows);
}

TEST(DeclaredPod, RestrictedVolumes) {
  constexpr DeclaredCase kRows[] = {
      {"one", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"volume1", "gcePersistentDisk"}};
       },
       R"(restricted volume types (volume "volume1" uses restricted volume type "gcePersistentDisk"))"},
      {"two of one type", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"volume-hostpath-a", "hostPath"},
                               {"volume-hostpath-b", "hostPath"}};
       },
       R"(restricted volume types (volumes "volume-hostpath-a", "volume-hostpath-b" use restricted volume type "hostPath"))"},
      {"of two types: names in their order, types sorted", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"n", "nfs"}, {"c", "configMap"}, {"a", "hostPath"}};
       },
       R"(restricted volume types (volumes "n", "a" use restricted volume types "hostPath", "nfs"))"},
      {"no source", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.volumes = {{"volume0", "unknown"}};
       },
       R"(restricted volume types (volume "volume0" uses restricted volume type "unknown"))"},
      {"every type that is allowed", kRestricted, 0, kEnd,
       [](Pod& p) {
         for (const char* type : {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
                                  "image", "persistentVolumeClaim", "projected", "secret"}) {
           p.declared.volumes.push_back({type, type});
         }
       }},
  };
  ExpectDeclared("restrictedVolumes", kRows);
}

TEST(DeclaredPod, ProbeHostsAreSortedAndSoAreTheirContainers) {
  constexpr DeclaredCase kRows[] = {
      {"one", kBaseline, 34, kEnd, [](Pod& p) { p.declared.containers[1].probe_hosts = {"::1"}; },
       R"(probe or lifecycle host (container "container1" uses probe or lifecycle host "::1"))"},
      {"both, the same", kRestricted, 34, kEnd,
       [](Pod& p) {
         p.declared.containers[0].probe_hosts = {"bad.host", "bad.host"};
         p.declared.containers[1].probe_hosts = {"bad.host"};
       },
       R"(probe or lifecycle host (containers "container1", "initcontainer1" use probe or lifecycle host "bad.host"))"},
      {"several", kBaseline, 34, kEnd,
       [](Pod& p) {
         p.declared.containers[0].probe_hosts = {"z.host"};
         p.declared.containers[1].probe_hosts = {"b.host", "127.0.0.1"};
         p.regular().pre_stop_hosts = {"b.host"};
       },
       R"(probe or lifecycle host (containers "container1", "initcontainer1" use probe or lifecycle hosts "127.0.0.1", "b.host", "z.host"))"},
  };
  ExpectDeclared("hostProbesAndHostLifecycle", kRows);
}

TEST(DeclaredPod, HostProcess) {
  constexpr DeclaredCase kRows[] = {
      {"of the pod", kBaseline, 0, kEnd, [](Pod& p) { p.declared.context.host_process = true; },
       "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"},
      {"of both containers", kRestricted, 0, kEnd,
       [](Pod& p) { p.init_context().host_process = p.regular_context().host_process = true; },
       R"(hostProcess (containers "initcontainer1", "container1" must not set securityContext.windowsOptions.hostProcess=true))"},
      {"of the pod and a container", kBaseline, 0, kEnd,
       [](Pod& p) { p.declared.context.host_process = p.regular_context().host_process = true; },
       R"(hostProcess (pod and container "container1" must not set securityContext.windowsOptions.hostProcess=true))"},
      {"said not to be", kBaseline, 0, kEnd,
       [](Pod& p) { p.declared.context.host_process = p.init_context().host_process = false; }},
  };
  ExpectDeclared("windowsHostProcess", kRows);
}

// Settings of Linux are not asked of a pod that says it is of Windows, since 1.25.
TEST(DeclaredPod, OfWindows) {
  Pod pod = LegalPod();
  pod.declared.windows = true;
  pod.declared.context.seccomp_type.clear();
  for (ContainerFacts& container : pod.containers) {
    container.no_new_privs = false;
    container.capabilities_drop.clear();
  }
  const std::string all =
      R"(allowPrivilegeEscalation != false (containers "initcontainer1", "container1" must set securityContext.allowPrivilegeEscalation=false), )"
      R"(unrestricted capabilities (containers "initcontainer1", "container1" must set securityContext.capabilities.drop=["ALL"]), )"
      R"(seccompProfile (pod or containers "initcontainer1", "container1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))";
  EXPECT_EQ(WrongWith(pod, {kRestricted, {24}}), all);
  EXPECT_EQ(WrongWith(pod, {kRestricted, {25}}), "");
  EXPECT_EQ(WrongWith(pod, {kRestricted, {}}), "");

  pod.declared.context.run_as_non_root.reset();
  EXPECT_EQ(WrongWith(pod, {kRestricted, {25}}),
            R"(runAsNonRoot != true (pod or containers "initcontainer1", "container1" must set )"
            R"(securityContext.runAsNonRoot=true))")
      << "which holds for Windows too";
  pod.declared.windows = false;
  pod.declared.context.run_as_non_root = true;
  EXPECT_EQ(WrongWith(pod, {kRestricted, {25}}), all);
}

// Ours come last, and speak of every container of the pod.
TEST(DeclaredPod, OurOwnChecksSeeAllContainers) {
  Pod pod = LegalPod();
  pod.sandbox.annotations = {{"run.oci.handler", "krun"}};
  pod.init().unknown = {{"a: unknown field 1"}};
  pod.regular().unknown = {{"b: unknown field 2"}};
  pod.regular().cdi_devices = {"vendor.com/gpu=0"};
  pod.regular().privileged = true;
  EXPECT_EQ(
      WrongWith(pod, {kBaseline, {}}),
      R"(privileged (container "container1" must not set securityContext.privileged=true), )"
      R"(CDI devices (container "container1" must not use CDI device "vendor.com/gpu=0"), )"
      R"(annotations that steer the runtime (pod must not set annotation "run.oci.handler"), )"
      "unrecognised security field (a: unknown field 1, b: unknown field 2)");
  EXPECT_EQ(WrongWith(pod, {kPrivileged, {}}), "");
}

}  // namespace
}  // namespace sekisho::policy
