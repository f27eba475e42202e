#include "manifest/declared.h"

#include <gmock/gmock.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

using ::testing::ElementsAre;

TEST(DeclaredFrom, SaysWhatIsWritten) {
  const policy::DeclaredPod pod = DeclaredFrom(PodOf(R"(os: {name: windows}
hostUsers: false
securityContext:
  seccompProfile: {type: Unconfined}
  appArmorProfile: {type: RuntimeDefault}
  seLinuxOptions: {user: su, role: r, type: t, level: l}
  runAsNonRoot: false
  runAsUser: 0
  windowsOptions: {hostProcess: true}
  sysctls: [{name: z, value: "1"}, {name: a, value: "1"}]
volumes: [{name: v, hostPath: {path: /}}, {name: w}]
initContainers:
- name: i
  readinessProbe: {tcpSocket: {port: 1, host: a}}
)",
                                                     R"(securityContext: {procMount: Unmasked}
livenessProbe: {httpGet: {port: 1, host: b}}
startupProbe: {httpGet: {port: 1}}
lifecycle:
  postStart: {httpGet: {port: 1, host: d}}
  preStop: {tcpSocket: {port: 1, host: "::1"}}
)"));
  EXPECT_TRUE(pod.windows);
  EXPECT_EQ(pod.host_users, false);
  EXPECT_EQ(pod.context.seccomp_type, "Unconfined");
  EXPECT_EQ(pod.context.apparmor_type, "RuntimeDefault");
  EXPECT_EQ(pod.context.selinux, (policy::SELinuxOptions{"su", "r", "t", "l"}));
  EXPECT_EQ(pod.context.run_as_non_root, false);
  EXPECT_EQ(pod.context.run_as_user, 0);
  EXPECT_EQ(pod.context.host_process, true);
  EXPECT_THAT(pod.sysctls, ElementsAre("z", "a"));
  ASSERT_EQ(pod.volumes.size(), 2u);
  EXPECT_EQ(pod.volumes[0].name + " " + pod.volumes[0].type, "v hostPath");
  EXPECT_EQ(pod.volumes[1].type, "emptyDir");
  ASSERT_EQ(pod.containers.size(), 2u);
  EXPECT_THAT(pod.containers[0].probe_hosts, ElementsAre("a"));
  EXPECT_THAT(pod.containers[1].probe_hosts, ElementsAre("b", "d", "::1"));
  EXPECT_EQ(pod.containers[1].proc_mount, "Unmasked");
  EXPECT_EQ(pod.containers[1].context.run_as_non_root, std::nullopt);
}

}  // namespace
}  // namespace sekisho::manifest
