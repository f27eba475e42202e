// AppArmor and SELinux.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kAppArmorRows[] = {
    {"neither field: the runtime's default profile", [](Request&) {}},
    {"RuntimeDefault",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kRuntimeDefault, ""};
     }},
    {"Localhost",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kLocalhost, "web"};
     }},
    {"Unconfined",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kUnconfined, ""};
     },
     "appArmorProfile",
     R"(forbidden AppArmor profile (container "container1" must not set AppArmor profile type to "Unconfined"))"},
    {"the deprecated field alone", [](Request& r) { r.container.apparmor_profile = "unconfined"; },
     "appArmorProfile",
     R"(forbidden AppArmor profile (container "container1" must not set AppArmor profile type to "Unconfined"))"},
    {"deprecated: the default",
     [](Request& r) { r.container.apparmor_profile = "runtime/default"; }},
    {"deprecated: a profile of the node",
     [](Request& r) { r.container.apparmor_profile = "localhost/web"; }},
    {"deprecated: a profile without a name",
     [](Request& r) { r.container.apparmor_profile = "localhost/"; }, "appArmorProfile"},
    {"deprecated: another case of the letters",
     [](Request& r) { r.container.apparmor_profile = "Runtime/Default"; }, "appArmorProfile"},
    {"they disagree: the current one is confined",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kRuntimeDefault, ""};
       r.container.apparmor_profile = "unconfined";
     },
     "appArmorProfile"},
    {"they disagree: the deprecated one is confined",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kUnconfined, ""};
       r.container.apparmor_profile = "localhost/web";
     },
     "appArmorProfile"},
    {"they disagree, and both confine",
     [](Request& r) {
       r.container.apparmor = {ProfileType::kLocalhost, "web"};
       r.container.apparmor_profile = "runtime/default";
     }},
    {"the pod's annotation is judged with the sandbox",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/container1", "unconfined"}};
     }},
};

constexpr CheckCase kAppArmorAnnotationRows[] = {
    {"unconfined",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/container1", "unconfined"}};
     },
     "appArmorProfile",
     R"(forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/container1="unconfined""))"},
    {"of two containers",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/b", "unconfined"},
           {"container.apparmor.security.beta.kubernetes.io/a", "none"},
           {"container.apparmor.security.beta.kubernetes.io/c", "localhost/c"}};
     },
     "appArmorProfile",
     R"(forbidden AppArmor profiles (annotations must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="none"", "container.apparmor.security.beta.kubernetes.io/b="unconfined""))"},
    {"of no container at all",
     [](Request& r) {
       r.sandbox.annotations = {{"container.apparmor.security.beta.kubernetes.io/", "unconfined"}};
     },
     "appArmorProfile"},
    {"what may stand there",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/a", ""},
           {"container.apparmor.security.beta.kubernetes.io/b", "runtime/default"},
           {"container.apparmor.security.beta.kubernetes.io/c", "localhost/c"}};
     }},
    {"the default and a blank",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/a", "runtime/default "}};
     },
     "appArmorProfile"},
    {"what is no text is quoted as Go does it",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.apparmor.security.beta.kubernetes.io/a", "a\"b\\c\nd\x01\x7f\xc3\xa9"}};
     },
     "appArmorProfile",
     R"x(forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="a\"b\\c\nd\x01\x7fé""))x"},
    {"an annotation of somebody else's",
     [](Request& r) {
       r.sandbox.annotations = {{"apparmor.example.com/a", "unconfined"}};
     }},
};

constexpr CheckCase kSELinuxRows[] = {
    {"no options", [](Request&) {}},
    {"empty options", [](Request& r) { r.container.selinux.emplace(); }},
    {"container_t, any level",
     [](Request& r) {
       r.container.selinux = {"", "", "container_t", "s0:c1,c2"};
     }},
    {"container_init_t",
     [](Request& r) {
       r.container.selinux = {"", "", "container_init_t", ""};
     }},
    {"container_kvm_t",
     [](Request& r) {
       r.container.selinux = {"", "", "container_kvm_t", ""};
     }},
    {"container_engine_t, since 1.31",
     [](Request& r) {
       r.container.selinux = {"", "", "container_engine_t", ""};
     }},
    {"another type",
     [](Request& r) {
       r.container.selinux = {"", "", "somevalue", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
    {"the type that is not confined",
     [](Request& r) {
       r.container.selinux = {"", "", "spc_t", ""};
     },
     "seLinuxOptions"},
    {"upper case",
     [](Request& r) {
       r.container.selinux = {"", "", "CONTAINER_T", ""};
     },
     "seLinuxOptions"},
    {"a user",
     [](Request& r) {
       r.container.selinux = {"system_u", "", "container_t", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: user may not be set))"},
    {"a role",
     [](Request& r) {
       r.container.selinux = {"", "system_r", "", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: role may not be set))"},
    {"everything wrong",
     [](Request& r) {
       r.container.selinux = {"u", "r", "t", "l"};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (container "container1" set forbidden securityContext.seLinuxOptions: type "t"; user may not be set; role may not be set))"},
    {"the pod's options, repeated by the kubelet: the pod is named",
     [](Request& r) {
       r.sandbox.selinux = r.container.selinux = {"", "", "somevalue", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
    {"empty options fall back to the pod's, in the runtime",
     [](Request& r) {
       r.sandbox.selinux = {"", "", "somevalue", ""};
       r.container.selinux.emplace();
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
    {"so do absent ones",
     [](Request& r) {
       r.sandbox.selinux = {"", "system_r", "", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set))"},
    {"options of its own replace the pod's",
     [](Request& r) {
       r.sandbox.selinux = {"", "", "somevalue", ""};
       r.container.selinux = {"", "", "container_t", ""};
     }},
};

constexpr CheckCase kSELinuxOfPodRows[] = {
    {"a type",
     [](Request& r) {
       r.sandbox.selinux = {"", "", "somevalue", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "somevalue"))"},
    {"a user",
     [](Request& r) {
       r.sandbox.selinux = {"somevalue", "", "", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set))"},
    {"a role",
     [](Request& r) {
       r.sandbox.selinux = {"", "somevalue", "", ""};
     },
     "seLinuxOptions",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set))"},
    {"an allowed type and a level",
     [](Request& r) {
       r.sandbox.selinux = {"", "", "container_init_t", "s0"};
     }},
    {"empty options", [](Request& r) { r.sandbox.selinux.emplace(); }},
};

}  // namespace

std::vector<CheckTable> ProfileTables() {
  return {{"AppArmor", Level::kBaseline, Judged::kContainer, kAppArmorRows},
          {"AppArmor annotations", Level::kBaseline, Judged::kSandbox, kAppArmorAnnotationRows},
          {"SELinux", Level::kBaseline, Judged::kContainer, kSELinuxRows},
          {"SELinux of the pod", Level::kBaseline, Judged::kSandbox, kSELinuxOfPodRows}};
}

TEST(ChecksProfiles, Rows) {
  for (const CheckTable& table : ProfileTables()) {
    ExpectRows(table);
  }
}

// Where AppArmor is repaired, each container's own profile is. The annotation stays as it is, and
// is reported, but refuses nothing by itself.
TEST(ChecksProfiles, AnAppArmorAnnotationIsReportedAndAllowedWhereContainersAreRepaired) {
  Request r = LegalRequest(Level::kBaseline);
  r.spec.audit = {Level::kBaseline, {}};
  r.spec.on_violation[static_cast<size_t>(CheckGroup::kAppArmor)] = OnViolation::kHarden;
  r.sandbox.annotations = {
      {"container.apparmor.security.beta.kubernetes.io/container1", "unconfined"}};
  const Decision decision = OfSandbox(r);
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_EQ(Ids(decision.violations), "appArmorProfile");
  EXPECT_EQ(Ids(decision.audit), "appArmorProfile");
  EXPECT_TRUE(decision.sandbox_edits.empty());
  EXPECT_EQ(decision.message, "");
}

}  // namespace sekisho::policy
