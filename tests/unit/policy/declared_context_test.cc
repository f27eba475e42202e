// Whole pods as a manifest declares them: security contexts that a pod and its containers share.
// A setting is the pod's, the container's, or both; upstream names the pod first.
//
// Texts are what upstream's own library prints, for its fixtures or for pods like them.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"
#include "unit/policy/declared_case.h"

namespace sekisho::policy {
namespace {

using enum Level;

constexpr int kEnd = kLatestMinor;

TEST(DeclaredContext, SeccompAtBaseline) {
  constexpr DeclaredCase kRows[] = {
      {"the pod", kBaseline, 19, kEnd,
       [](Pod& p) { p.declared.context.seccomp_type = "Unconfined"; },
       R"(seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined"))"},
      {"a container", kBaseline, 19, kEnd,
       [](Pod& p) { p.init_context().seccomp_type = "Unconfined"; },
       R"(seccompProfile (container "initcontainer1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
      {"the pod and both", kBaseline, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type = p.init_context().seccomp_type =
             p.regular_context().seccomp_type = "Unconfined";
       },
       R"(seccompProfile (pod and containers "initcontainer1", "container1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
      {"two values: sorted", kBaseline, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type = "Unconfined";
         p.regular_context().seccomp_type = "Audit";
       },
       R"(seccompProfile (pod and container "container1" must not set securityContext.seccompProfile.type to "Audit", "Unconfined"))"},
      {"nothing: what it comes to is no matter of the manifest", kBaseline, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type.clear();
         p.regular().seccomp = p.init().seccomp = {ProfileType::kUnconfined, ""};
         p.spec.node.kubelet_seccomp_default = true;
       }},
      {"profiles that are allowed", kBaseline, 19, kEnd,
       [](Pod& p) {
         p.init_context().seccomp_type = "Localhost";
         p.regular_context().seccomp_type = "RuntimeDefault";
       }},
      {"annotations, also of a container that declares a field", kBaseline, 0, 18,
       [](Pod& p) {
         p.regular_context().seccomp_type = "RuntimeDefault";
         p.sandbox.annotations = {
             {"seccomp.security.alpha.kubernetes.io/pod", "unconfined"},
             {"container.seccomp.security.alpha.kubernetes.io/container1", ""},
             {"container.seccomp.security.alpha.kubernetes.io/no-such-container", "unconfined"}};
       },
       R"(seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/container1="", seccomp.security.alpha.kubernetes.io/pod="unconfined"))"},
  };
  ExpectDeclared("seccompProfile_baseline", kRows);
}

TEST(DeclaredContext, SeccompAtRestricted) {
  constexpr DeclaredCase kRows[] = {
      {"nobody", kRestricted, 19, kEnd, [](Pod& p) { p.declared.context.seccomp_type.clear(); },
       R"(seccompProfile (pod or containers "initcontainer1", "container1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))"},
      {"one of the containers", kRestricted, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type.clear();
         p.regular_context().seccomp_type = "Localhost";
       },
       R"(seccompProfile (pod or container "initcontainer1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))"},
      {"both, and not the pod", kRestricted, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type.clear();
         p.init_context().seccomp_type = "RuntimeDefault";
         p.regular_context().seccomp_type = "Localhost";
       }},
      {"one sets a bad one, the other none: only the first is reported", kRestricted, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type.clear();
         p.init_context().seccomp_type = "Unconfined";
       },
       R"(seccompProfile (container "initcontainer1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
      {"the pod sets a bad one, which both replace", kRestricted, 19, kEnd,
       [](Pod& p) {
         p.declared.context.seccomp_type = "Unconfined";
         p.init_context().seccomp_type = p.regular_context().seccomp_type = "RuntimeDefault";
       },
       R"(seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined"))"},
  };
  ExpectDeclared("seccompProfile_restricted", kRows);
}

// The values are quoted again, without escaping the quotes that an annotation's already has.
TEST(DeclaredContext, AppArmor) {
  constexpr DeclaredCase kRows[] = {
      {"a field", kBaseline, 0, kEnd,
       [](Pod& p) { p.regular_context().apparmor_type = "Unconfined"; },
       R"(forbidden AppArmor profile (container "container1" must not set AppArmor profile type to "Unconfined"))"},
      {"an annotation", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.sandbox.annotations = {
             {"container.apparmor.security.beta.kubernetes.io/initcontainer1", "unconfined"}};
       },
       R"(forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/initcontainer1="unconfined""))"},
      {"the pod, a container and an annotation: three setters, two values", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.context.apparmor_type = p.init_context().apparmor_type = "Unconfined";
         p.sandbox.annotations = {
             {"container.apparmor.security.beta.kubernetes.io/container1", "unconfined"}};
       },
       R"(forbidden AppArmor profiles (pod and container "initcontainer1" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/container1="unconfined""))"},
      {"what the containers override is still declared", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.context.apparmor_type = "Unconfined";
         p.init_context().apparmor_type = "RuntimeDefault";
         p.regular_context().apparmor_type = "Localhost";
       },
       R"(forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"))"},
      {"the request alone, which follows from the annotation", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.regular().apparmor = {ProfileType::kUnconfined, ""};
       }},
  };
  ExpectDeclared("appArmorProfile", kRows);
}

TEST(DeclaredContext, SELinux) {
  constexpr DeclaredCase kRows[] = {
      {"the pod's, which the kubelet repeats for each container", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.context.selinux = SELinuxOptions{"", "", "somevalue", ""};
         p.sandbox.selinux = p.init().selinux = p.regular().selinux = p.declared.context.selinux;
       },
       R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
      {"a container that says the same as the pod is named too", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.declared.context.selinux = SELinuxOptions{"", "", "somevalue", ""};
         p.sandbox.selinux = p.init().selinux = p.regular().selinux = p.declared.context.selinux;
         p.init_context().selinux = p.declared.context.selinux;
       },
       R"(seLinuxOptions (pod and container "initcontainer1" set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
      {"everything, by everybody", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.sandbox.selinux = p.declared.context.selinux =
             SELinuxOptions{"u", "", "container_t", ""};
         p.init().selinux = p.init_context().selinux = SELinuxOptions{"", "r", "z_t", ""};
         p.regular().selinux = p.regular_context().selinux = SELinuxOptions{"", "", "a_t", "s0"};
       },
       R"(seLinuxOptions (pod and containers "initcontainer1", "container1" set forbidden securityContext.seLinuxOptions: types "a_t", "z_t"; user may not be set; role may not be set))"},
      {"a type that 1.31 allowed", kBaseline, 0, 30,
       [](Pod& p) {
         p.regular().selinux = p.regular_context().selinux =
             SELinuxOptions{"", "", "container_engine_t", ""};
       },
       R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: type "container_engine_t"))"},
      {"a bad one of the pod's, which both containers replace", kBaseline, 0, kEnd,
       [](Pod& p) {
         p.sandbox.selinux = p.declared.context.selinux = SELinuxOptions{"", "r", "", ""};
         p.init().selinux = p.init_context().selinux = SELinuxOptions{"", "", "container_t", ""};
         p.regular().selinux = p.regular_context().selinux = p.init().selinux;
       },
       R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set))"},
  };
  ExpectDeclared("seLinuxOptions", kRows);
}

TEST(DeclaredContext, RunAsNonRoot) {
  constexpr DeclaredCase kRows[] = {
      {"nobody", kRestricted, 0, kEnd, [](Pod& p) { p.declared.context.run_as_non_root.reset(); },
       R"(runAsNonRoot != true (pod or containers "initcontainer1", "container1" must set securityContext.runAsNonRoot=true))"},
      {"one of the containers", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.context.run_as_non_root.reset();
         p.init_context().run_as_non_root = true;
       },
       R"(runAsNonRoot != true (pod or container "container1" must set securityContext.runAsNonRoot=true))"},
      {"the pod says no, and both say yes", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.context.run_as_non_root = false;
         p.init_context().run_as_non_root = p.regular_context().run_as_non_root = true;
       },
       "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)"},
      {"the pod says yes, and one says no", kRestricted, 0, kEnd,
       [](Pod& p) { p.init_context().run_as_non_root = false; },
       R"(runAsNonRoot != true (container "initcontainer1" must not set securityContext.runAsNonRoot=false))"},
      {"the pod and one container say no, the other nothing: only the first is reported",
       kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.context.run_as_non_root = false;
         p.regular_context().run_as_non_root = false;
       },
       R"(runAsNonRoot != true (pod and container "container1" must not set securityContext.runAsNonRoot=false))"},
      {"in a user namespace", kRestricted, 0, 34,
       [](Pod& p) {
         p.declared.host_users = false;
         p.init_context().run_as_non_root = false;
       },
       R"(runAsNonRoot != true (container "initcontainer1" must not set securityContext.runAsNonRoot=false))"},
      {"in the node's user namespace, said aloud", kRestricted, 0, kEnd,
       [](Pod& p) {
         p.declared.host_users = true;
         p.init_context().run_as_non_root = false;
       },
       R"(runAsNonRoot != true (container "initcontainer1" must not set securityContext.runAsNonRoot=false))"},
      {"the image's user is root: the kubelet will refuse it", kRestricted, 0, kEnd,
       [](Pod& p) { p.regular().run_as_user = 0; }},
  };
  ExpectDeclared("runAsNonRoot", kRows);
}

TEST(DeclaredContext, RunAsUser) {
  constexpr DeclaredCase kRows[] = {
      {"the pod", kRestricted, 23, kEnd, [](Pod& p) { p.declared.context.run_as_user = 0; },
       "runAsUser=0 (pod must not set runAsUser=0)"},
      {"both containers", kRestricted, 23, kEnd,
       [](Pod& p) { p.init_context().run_as_user = p.regular_context().run_as_user = 0; },
       R"(runAsUser=0 (containers "initcontainer1", "container1" must not set runAsUser=0))"},
      {"the pod and a container", kRestricted, 23, kEnd,
       [](Pod& p) { p.declared.context.run_as_user = p.regular_context().run_as_user = 0; },
       R"(runAsUser=0 (pod and container "container1" must not set runAsUser=0))"},
      {"in a user namespace", kRestricted, 23, 34,
       [](Pod& p) {
         p.declared.host_users = false;
         p.declared.context.run_as_user = 0;
       },
       "runAsUser=0 (pod must not set runAsUser=0)"},
      {"the image's 0, which nobody declared", kRestricted, 23, kEnd,
       [](Pod& p) { p.regular().run_as_user = 0; }},
  };
  ExpectDeclared("runAsUser", kRows);
}

void UnmaskBoth(Pod& p) {
  for (ContainerFacts& container : p.containers) {
    container.masked_paths.clear();
    container.readonly_paths.clear();
  }
}

void UnmaskBothInUserNamespace(Pod& p) {
  UnmaskBoth(p);
  p.declared.host_users = false;
  p.sandbox.namespaces.userns = OwnUsers();
  for (ContainerFacts& container : p.containers) {
    container.namespaces.userns = OwnUsers();
  }
}

constexpr std::string_view kUnmasked =
    R"(procMount (containers "initcontainer1", "container1" must not set securityContext.procMount to "Unmasked"))";

TEST(DeclaredContext, ProcMount) {
  constexpr DeclaredCase kRows[] = {
      {"at baseline", kBaseline, 0, kEnd, UnmaskBoth, kUnmasked},
      {"at restricted, until that has its own", kRestricted, 0, 34, UnmaskBoth, kUnmasked},
      {"in a user namespace", kBaseline, 0, 34, UnmaskBothInUserNamespace, kUnmasked},
  };
  ExpectDeclared("procMount", kRows);
}

TEST(DeclaredContext, ProcMountAtRestricted) {
  constexpr DeclaredCase kRows[] = {
      {"at restricted", kRestricted, 35, kEnd, UnmaskBoth, kUnmasked},
      {"in a user namespace", kRestricted, 35, kEnd, UnmaskBothInUserNamespace, kUnmasked},
      {"one of the two", kRestricted, 35, kEnd, [](Pod& p) { p.init().masked_paths.clear(); },
       R"(procMount (container "initcontainer1" must not set securityContext.procMount to "Unmasked"))"},
  };
  ExpectDeclared("procMount_restricted", kRows);
}

}  // namespace
}  // namespace sekisho::policy
