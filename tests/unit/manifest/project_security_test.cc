// Security contexts: one row, one thing that a manifest can say, and what it comes to on the wire.
#include <gtest/gtest.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;

// Without the parts that are the same for every container, so that rows stay readable.
std::string Short(cri::LinuxContainerSecurityContext context) {
  EXPECT_TRUE(context.masked_paths_size() == 12 || context.masked_paths_size() == 0);
  EXPECT_EQ(context.masked_paths_size() == 0, context.readonly_paths_size() == 0);
  context.clear_masked_paths();
  context.clear_readonly_paths();
  return context.ShortDebugString();
}

struct Row {
  std::string why, spec, container, sandbox, expected;
  Options options = {};
};

constexpr char kNamespaces[] =
    "namespace_options { pid: CONTAINER userns_options { mode: NODE } } ";
constexpr char kRoot[] = "run_as_user { } ";
constexpr char kUnconfined[] = "seccomp { profile_type: Unconfined }";
constexpr char kDefault[] = "seccomp { }";

std::string Container(std::string_view before, std::string_view user, std::string_view after,
                      std::string_view seccomp = kUnconfined, std::string_view last = "") {
  std::string text(before);
  text.append(kNamespaces).append(user).append(after).append(seccomp).append(last);
  return text;
}
std::string Sandbox(std::string_view middle) {
  return std::string(kNamespaces).append(middle).append(kDefault);
}

void Check(const Row& row) {
  SCOPED_TRACE(row.why);
  const Requests requests = Project(PodOf(row.spec, row.container), row.options);
  EXPECT_EQ(requests.sandbox.config().linux().security_context().ShortDebugString(), row.sandbox);
  const cri::CreateContainerRequest& last = requests.containers.back();
  EXPECT_EQ(Short(last.config().linux().security_context()), row.expected);
  EXPECT_EQ(last.sandbox_config().ShortDebugString(), requests.sandbox.config().ShortDebugString());
}

TEST(ProjectSecurity, ContainerBeforePodBeforeDefault) {
  const std::string plain = Sandbox("");
  for (const Row& row : {
           Row{"nothing", "", "", plain, Container("", kRoot, "")},
           Row{"seccomp of the pod", "securityContext: {seccompProfile: {type: RuntimeDefault}}",
               "", plain, Container("", kRoot, "", kDefault)},
           Row{"seccomp of the container",
               "securityContext: {seccompProfile: {type: RuntimeDefault}}",
               "securityContext: {seccompProfile: {type: Unconfined}}", plain,
               Container("", kRoot, "")},
           Row{"a profile of the node", "",
               "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/b.json}}",
               plain,
               Container("", kRoot, "",
                         "seccomp { profile_type: Localhost localhost_ref: "
                         "\"/var/lib/kubelet/seccomp/a/b.json\" }")},
           Row{"AppArmor of the pod", "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
               "", plain,
               Container("", kRoot, "apparmor_profile: \"runtime/default\" ", kUnconfined,
                         " apparmor { }")},
           Row{"AppArmor of the container",
               "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
               "securityContext: {appArmorProfile: {type: Localhost, localhostProfile: p}}", plain,
               Container("", kRoot, "apparmor_profile: \"localhost/p\" ", kUnconfined,
                         " apparmor { profile_type: Localhost localhost_ref: \"p\" }")},
           Row{"SELinux of the pod", "securityContext: {seLinuxOptions: {type: t}}", "",
               Sandbox("selinux_options { type: \"t\" } "),
               Container("", std::string("selinux_options { type: \"t\" } ") + kRoot, "")},
           Row{"SELinux of the container, even when it is empty",
               "securityContext: {seLinuxOptions: {type: t}}",
               "securityContext: {seLinuxOptions: {}}", Sandbox("selinux_options { type: \"t\" } "),
               Container("", std::string("selinux_options { } ") + kRoot, "")},
       }) {
    Check(row);
  }
}

TEST(ProjectSecurity, UsersAndGroups) {
  const std::string plain = Sandbox("");
  const std::string non_root = "securityContext: {runAsNonRoot: true}";
  const auto with_user = [](std::string user) {
    Options options;
    options.image_user = std::move(user);
    return options;
  };
  for (const Row& row : {
           Row{"of the pod", "securityContext: {runAsUser: 5, runAsGroup: 6}", "",
               Sandbox("run_as_user { value: 5 } run_as_group { value: 6 } "),
               Container("", "run_as_user { value: 5 } ", "run_as_group { value: 6 } ")},
           Row{"of the container", "securityContext: {runAsUser: 5, runAsGroup: 6}",
               "securityContext: {runAsUser: 0, runAsGroup: 0}",
               Sandbox("run_as_user { value: 5 } run_as_group { value: 6 } "),
               Container("", kRoot, "run_as_group { } ")},
           Row{"the image's number", "", "", plain,
               Container("", "run_as_user { value: 1000 } ", ""), with_user("1000:50")},
           Row{"the image's name", "", "", plain, Container("", "run_as_username: \"nobody\" ", ""),
               with_user("nobody")},
           Row{"the image's user is root", "", "", plain, Container("", kRoot, ""), with_user("")},
           Row{"a declared user goes before the image's", "", "securityContext: {runAsUser: 7}",
               plain, Container("", "run_as_user { value: 7 } ", ""), with_user("nobody")},
           Row{"no root image would run", non_root, "", plain,
               Container("", "run_as_user { value: 65532 } ", "")},
           Row{"the container takes runAsNonRoot back", non_root,
               "securityContext: {runAsNonRoot: false}", plain, Container("", kRoot, "")},
           Row{"fsGroup goes before the others",
               "securityContext: {supplementalGroups: [3, 2], fsGroup: 9, "
               "supplementalGroupsPolicy: Strict}",
               "",
               std::string(kNamespaces) +
                   "supplemental_groups: 9 supplemental_groups: 3 supplemental_groups: 2 "
                   "seccomp { } supplemental_groups_policy: Strict",
               Container("", kRoot,
                         "supplemental_groups: 9 supplemental_groups: 3 supplemental_groups: 2 ",
                         kUnconfined, " supplemental_groups_policy: Strict")},
       }) {
    Check(row);
  }
}

TEST(ProjectSecurity, WhatAContainerMayDo) {
  const std::string plain = Sandbox("");
  for (const Row& row : {
           Row{"privileged", "", "securityContext: {privileged: true}",
               std::string(kNamespaces) + "privileged: true seccomp { }",
               Container("privileged: true ", kRoot, "")},
           Row{"capabilities as they are written", "",
               "securityContext: {capabilities: {add: [sys_admin], drop: [ALL, CAP_CHOWN]}}", plain,
               Container("capabilities { add_capabilities: \"sys_admin\" drop_capabilities: "
                         "\"ALL\" drop_capabilities: \"CAP_CHOWN\" } ",
                         kRoot, "")},
           Row{"no escalation", "", "securityContext: {allowPrivilegeEscalation: false}", plain,
               Container("", kRoot, "no_new_privs: true ")},
           Row{"escalation", "", "securityContext: {allowPrivilegeEscalation: true}", plain,
               Container("", kRoot, "")},
           Row{"read-only", "", "securityContext: {readOnlyRootFilesystem: true}", plain,
               Container("", kRoot, "readonly_rootfs: true ")},
       }) {
    Check(row);
  }
}

TEST(ProjectSecurity, MaskedPaths) {
  for (const auto& [container, masked] :
       std::vector<std::pair<std::string, int>>{{"", 12},
                                                {"securityContext: {procMount: Default}", 12},
                                                {"securityContext: {privileged: true}", 12},
                                                {"securityContext: {procMount: Unmasked}", 0}}) {
    const Requests requests = Project(PodOf("", container), {});
    const auto& context = requests.containers[0].config().linux().security_context();
    EXPECT_EQ(context.masked_paths_size(), masked) << container;
    EXPECT_EQ(context.readonly_paths_size(), masked == 0 ? 0 : 5) << container;
  }
}

TEST(ProjectSecurity, Namespaces) {
  struct NamespaceRow {
    std::string spec, expected;
    bool gate = true;
  };
  for (const NamespaceRow& row : {
           NamespaceRow{"", "pid: CONTAINER userns_options { mode: NODE }"},
           NamespaceRow{"hostUsers: true", "pid: CONTAINER userns_options { mode: NODE }"},
           NamespaceRow{"shareProcessNamespace: true", "userns_options { mode: NODE }"},
           NamespaceRow{"hostNetwork: true\nhostIPC: true",
                        "network: NODE pid: CONTAINER ipc: NODE userns_options { mode: NODE }"},
           NamespaceRow{"hostPID: true", "pid: NODE userns_options { mode: NODE }"},
           NamespaceRow{"hostUsers: false",
                        "pid: CONTAINER userns_options { uids { host_id: 65536 length: 65536 } "
                        "gids { host_id: 65536 length: 65536 } }"},
           NamespaceRow{"hostUsers: false", "pid: CONTAINER", false},
       }) {
    SCOPED_TRACE(row.spec);
    const PodManifest pod = PodOf(row.spec, "");
    Options options;
    options.user_namespaces = row.gate;
    const Requests requests = Project(pod, options);
    const auto& sandbox = requests.sandbox.config().linux().security_context();
    EXPECT_EQ(sandbox.namespace_options().ShortDebugString(), row.expected);
    const auto& container = requests.containers[0].config().linux().security_context();
    EXPECT_EQ(container.namespace_options().ShortDebugString(), row.expected);
    const bool mapped = sandbox.namespace_options().userns_options().uids_size() > 0;
    for (const cri::Mount& mount : requests.containers[0].config().mounts()) {
      EXPECT_EQ(mount.uidmappings_size() + mount.gidmappings_size(), mapped ? 2 : 0);
    }
  }
}

TEST(ProjectSecurity, AnEphemeralContainerSeesItsTarget) {
  const PodManifest pod = PodOf(
      "ephemeralContainers:\n- {name: a, targetContainerName: c}\n- {name: b}\n"
      "- {name: d, targetContainerName: no}\n",
      "");
  const Requests requests = Project(pod, {});
  ASSERT_EQ(requests.containers.size(), 4u);
  const auto options = [&](size_t i) {
    return requests.containers[i].config().linux().security_context().namespace_options();
  };
  EXPECT_EQ(options(1).pid(), cri::TARGET);
  EXPECT_EQ(options(1).target_id().size(), 64u);
  EXPECT_EQ(options(2).pid(), cri::CONTAINER);
  EXPECT_EQ(requests.remarks[1].size(), 0u);
  ASSERT_EQ(requests.remarks[3].size(), 1u);
  EXPECT_EQ(requests.remarks[3][0], "targetContainerName names no container of the pod: no");
}

TEST(ProjectSecurity, AppArmorAnnotation) {
  struct AnnotationRow {
    std::string value, expected, container;
  };
  for (const AnnotationRow& row : {
           AnnotationRow{"runtime/default", "runtime/default", ""},
           AnnotationRow{"unconfined", "unconfined", ""},
           AnnotationRow{"localhost/x", "localhost/x", ""},
           AnnotationRow{"nonsense", "localhost/pod", ""},
           AnnotationRow{"unconfined", "runtime/default",
                         "securityContext: {appArmorProfile: {type: RuntimeDefault}}"},
       }) {
    PodManifest pod =
        PodOf("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: pod}}",
              row.container);
    pod.annotations["container.apparmor.security.beta.kubernetes.io/c"] = row.value;
    const Requests requests = Project(pod, {});
    EXPECT_EQ(requests.containers[0].config().linux().security_context().apparmor_profile(),
              row.expected)
        << row.value;
  }
}

TEST(ProjectSecurity, TheKubeletsDefaultSeccompProfile) {
  Options options;
  options.seccomp_default = true;
  const auto type = [&](std::string_view container) {
    const Requests requests = Project(PodOf("", container), options);
    return requests.containers[0].config().linux().security_context().seccomp().profile_type();
  };
  EXPECT_EQ(type(""), cri::SecurityProfile::RuntimeDefault);
  EXPECT_EQ(type("securityContext: {seccompProfile: {type: Unconfined}}"),
            cri::SecurityProfile::Unconfined);
}

TEST(ProjectSecurity, RemarksOnWhatAKubeletRefuses) {
  struct RemarkRow {
    std::string spec, container, image_user, remark;
  };
  const std::string non_root = "securityContext: {runAsNonRoot: true}";
  for (const RemarkRow& row : {
           RemarkRow{non_root, "", "1000", ""},
           RemarkRow{non_root, "", "", "runAsNonRoot is true, and the image runs as root"},
           RemarkRow{non_root, "", "0:5", "runAsNonRoot is true, and the image runs as root"},
           RemarkRow{non_root, "", "nobody",
                     "runAsNonRoot is true, and the image names its user (nobody) instead of "
                     "giving a number"},
           RemarkRow{non_root, "securityContext: {runAsUser: 0}", "1000",
                     "runAsNonRoot is true, and runAsUser is 0"},
           RemarkRow{non_root, "securityContext: {runAsUser: 0, runAsNonRoot: false}", "1000", ""},
           RemarkRow{non_root, "securityContext: {runAsUser: 1}", "nobody", ""},
           RemarkRow{"", "securityContext: {seccompProfile: {type: Localhost}}", "",
                     "seccompProfile.type is Localhost, without a localhostProfile"},
           RemarkRow{"", "securityContext: {appArmorProfile: {type: Localhost}}", "",
                     "appArmorProfile.type is Localhost, without a localhostProfile"},
           RemarkRow{"", "securityContext: {appArmorProfile: {type: Lcalhost}}", "",
                     "appArmorProfile.type is unknown: Lcalhost"},
       }) {
    SCOPED_TRACE(row.spec + " " + row.container + " " + row.image_user);
    Options options;
    options.image_user = row.image_user;
    const Requests requests = Project(PodOf(row.spec, row.container), options);
    const std::vector<std::string> expected =
        row.remark.empty() ? std::vector<std::string>{} : std::vector{row.remark};
    EXPECT_EQ(requests.remarks[0], expected);
  }
}

}  // namespace
}  // namespace sekisho::manifest
