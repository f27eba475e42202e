// Controls of PodSecurityPolicy over capabilities, SELinux labels, AppArmor and seccomp profiles.
#include <gtest/gtest.h>

#include "policy/checks.h"
#include "policy/profile_rule.h"
#include "unit/policy/check_case.h"
#include "unit/policy/control_tables.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kCapabilityRows[] = {
    {"nothing is controlled, whatever is added",
     [](Request& r) {
       r.container.capabilities_add = {"ALL"};
       r.container.capabilities_drop.clear();
     }},
    {"additions of the list, and of the defaults",
     [](Request& r) {
       r.spec.controls.allowed_capabilities = {"CHOWN"};
       r.spec.controls.default_add_capabilities = {"KILL"};
       r.container.capabilities_add = {"CHOWN", "KILL"};
     }},
    {"other ones, by either list",
     [](Request& r) {
       r.spec.controls.allowed_capabilities = {"CHOWN"};
       r.container.capabilities_add = {"SYS_ADMIN", "CHOWN", "ALL"};
       r.container.capabilities_ambient = {"BPF"};
     },
     "control/allowedCapabilities",
     R"(allowedCapabilities (container "container1" must not include "ALL", "BPF", "SYS_ADMIN" in securityContext.capabilities.add))"},
    {"names are compared letter for letter",
     [](Request& r) {
       r.spec.controls.allowed_capabilities = {"CHOWN"};
       r.container.capabilities_add = {"chown", "CAP_CHOWN"};
     },
     "control/allowedCapabilities"},
    {"none at all",
     [](Request& r) {
       r.spec.controls.allowed_capabilities.emplace();
       r.container.capabilities_add = {"CHOWN"};
     },
     "control/allowedCapabilities"},
    {"any",
     [](Request& r) {
       r.spec.controls.allowed_capabilities = {"*"};
       r.container.capabilities_add = {"ALL", "BPF"};
     }},
    {"a default that is added already",
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN"};
       r.container.capabilities_add = {"CHOWN"};
       r.container.capabilities_drop = {"KILL"};
     }},
    {"a default that the pod drops",
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN"};
       r.container.capabilities_drop = {"chown"};
     }},
    {"a default that the pod drops with all others",
     [](Request& r) { r.spec.controls.default_add_capabilities = {"CHOWN"}; }},
    {"a default that is missing: CAP_CHOWN drops nothing",
     [](Request& r) {
       r.spec.controls.default_add_capabilities = {"CHOWN", "KILL"};
       r.container.capabilities_add = {"KILL"};
       r.container.capabilities_drop = {"CAP_CHOWN"};
     },
     "control/defaultAddCapabilities",
     R"(defaultAddCapabilities (container "container1" must include "CHOWN" in securityContext.capabilities.add or drop))"},
    {"what must be dropped is dropped, by name or with ALL",
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"NET_RAW", "KILL"};
       r.container.capabilities_drop = {"net_raw", "KILL"};
     }},
    {"or is not, or is added back",
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"NET_RAW", "KILL", "CHOWN"};
       r.container.capabilities_drop = {"ALL"};
       r.container.capabilities_add = {"net_raw"};
       r.container.capabilities_ambient = {"CAP_KILL"};
     },
     "control/requiredDropCapabilities",
     R"(requiredDropCapabilities (container "container1" must include "KILL", "NET_RAW" in securityContext.capabilities.drop and not in add))"},
    {"ALL must be dropped as such",
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"ALL"};
       r.container.capabilities_drop = {"NET_RAW"};
     },
     "control/requiredDropCapabilities"},
    {"and leaves room for additions by name",
     [](Request& r) {
       r.spec.controls.required_drop_capabilities = {"ALL"};
       r.container.capabilities_add = {"CHOWN"};
     }},
};

void MustHaveLabel(Request& r) {
  r.spec.controls.selinux = {"u", "r", "container_t", "s0:c1,c2"};
}

constexpr CheckCase kLabelRows[] = {
    {"the container's own",
     [](Request& r) {
       MustHaveLabel(r);
       r.container.selinux = r.spec.controls.selinux;
     }},
    {"the pod's, where the container has none",
     [](Request& r) {
       MustHaveLabel(r);
       r.sandbox.selinux = r.spec.controls.selinux;
       r.container.selinux.emplace();
     }},
    {"none", MustHaveLabel, "control/seLinux",
     R"(seLinux (container "container1" must set securityContext.seLinuxOptions to user "u", role "r", type "container_t", level "s0:c1,c2"))"},
    {"the categories in another order",
     [](Request& r) {
       MustHaveLabel(r);
       r.container.selinux = {"u", "r", "container_t", "s0:c2,c1"};
     }},
    {"other categories",
     [](Request& r) {
       MustHaveLabel(r);
       r.container.selinux = {"u", "r", "container_t", "s0:c1,c3"};
     },
     "control/seLinux"},
    {"fewer categories",
     [](Request& r) {
       MustHaveLabel(r);
       r.container.selinux = {"u", "r", "container_t", "s0:c1"};
     },
     "control/seLinux"},
    {"another sensitivity",
     [](Request& r) {
       MustHaveLabel(r);
       r.container.selinux = {"u", "r", "container_t", "s1:c1,c2"};
     },
     "control/seLinux"},
    {"another type, over the pod's right one",
     [](Request& r) {
       MustHaveLabel(r);
       r.sandbox.selinux = r.spec.controls.selinux;
       r.container.selinux = {"", "", "spc_t", ""};
     },
     "control/seLinux"},
};

constexpr CheckCase kSandboxLabelRows[] = {
    {"the pod's",
     [](Request& r) {
       MustHaveLabel(r);
       r.sandbox.selinux = r.spec.controls.selinux;
     }},
    {"none", MustHaveLabel, "control/seLinux",
     R"(seLinux (pod must set securityContext.seLinuxOptions to user "u", role "r", type "container_t", level "s0:c1,c2"))"},
};

constexpr CheckCase kProfileRows[] = {
    {"seccomp of the list",
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/web.json"}, "RuntimeDefault"};
     }},
    {"seccomp: a file of the list",
     [](Request& r) {
       r.spec.controls.seccomp = {{"Localhost/web.json"}, "Localhost/web.json"};
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/web.json"};
     }},
    {"seccomp: another file",
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/web.json"}, "RuntimeDefault"};
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/a/web.json"};
     },
     "control/seccomp",
     R"(seccomp (container "container1" must not run with profile "Localhost/a/web.json"; allowed: "RuntimeDefault", "Localhost/web.json"))"},
    {"seccomp: none is Unconfined",
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault", "Localhost/*"}, "RuntimeDefault"};
       r.container.seccomp = {};
     },
     "control/seccomp",
     R"(seccomp (container "container1" must not run with profile "Unconfined"; allowed: "RuntimeDefault", "Localhost/*"))"},
    {"seccomp: which may be allowed",
     [](Request& r) {
       r.spec.controls.seccomp = {{"Unconfined"}, ""};
       r.container.seccomp = {};
     }},
    {"seccomp: the deprecated field counts too",
     [](Request& r) {
       r.spec.controls.seccomp = {{"RuntimeDefault"}, "RuntimeDefault"};
       r.container.seccomp_profile_path = "localhost//var/lib/kubelet/seccomp/web.json";
     },
     "control/seccomp"},
    {"AppArmor of the list: none is the default",
     [](Request& r) {
       r.spec.controls.apparmor = {{"RuntimeDefault"}, "RuntimeDefault"};
     }},
    {"AppArmor by name",
     [](Request& r) {
       r.spec.controls.apparmor = {{"Localhost/web"}, "Localhost/web"};
       r.container.apparmor = {ProfileType::kLocalhost, "web"};
       r.container.apparmor_profile = "localhost/web";
     }},
    {"AppArmor by another name",
     [](Request& r) {
       r.spec.controls.apparmor = {{"RuntimeDefault", "Localhost/web"}, "RuntimeDefault"};
       r.container.apparmor = {ProfileType::kLocalhost, "web2"};
     },
     "control/appArmor",
     R"(appArmor (container "container1" must not run with profile "Localhost/web2"; allowed: "RuntimeDefault", "Localhost/web"))"},
    {"AppArmor: none, where the default is not on the list",
     [](Request& r) {
       r.spec.controls.apparmor = {{"Localhost/*"}, ""};
     },
     "control/appArmor"},
    {"AppArmor: Unconfined by the deprecated field",
     [](Request& r) {
       r.spec.controls.apparmor = {{"RuntimeDefault", "Localhost/*"}, "RuntimeDefault"};
       r.container.apparmor = {ProfileType::kRuntimeDefault, ""};
       r.container.apparmor_profile = "unconfined";
     },
     "control/appArmor"},
};

}  // namespace

std::vector<CheckTable> ControlProfileTables() {
  return {
      {"capabilities", Level::kPrivileged, Judged::kContainer, kCapabilityRows},
      {"labels", Level::kPrivileged, Judged::kContainer, kLabelRows},
      {"labels of a pod", Level::kPrivileged, Judged::kSandbox, kSandboxLabelRows},
      {"profiles", Level::kPrivileged, Judged::kContainer, kProfileRows},
  };
}

namespace {

// --- allow-lists of profiles
// -----------------------------------------------------------------------

TEST(ProfileRule, Allows) {
  constexpr std::string_view kRoot = "/var/lib/kubelet/seccomp";
  const SecurityProfile absent;
  const SecurityProfile fallback{ProfileType::kRuntimeDefault, ""};
  const SecurityProfile unconfined{ProfileType::kUnconfined, ""};
  const auto file = [](std::string path) {
    return SecurityProfile{ProfileType::kLocalhost, std::move(path)};
  };
  const struct {
    std::string_view why;
    std::vector<std::string> allowed;
    SecurityProfile profile;
    std::string_view root;
    bool allows;
  } cases[] = {
      {"an empty list allows nothing", {}, fallback, kRoot, false},
      {"the default", {"Unconfined", "RuntimeDefault"}, fallback, kRoot, true},
      {"absent is the default", {"RuntimeDefault"}, absent, "", true},
      {"absent is not Unconfined", {"Unconfined"}, absent, "", false},
      {"Unconfined", {"Unconfined"}, unconfined, kRoot, true},
      {"Unconfined is not the default", {"RuntimeDefault"}, unconfined, kRoot, false},
      {"everything", {"*"}, unconfined, kRoot, true},
      {"any file", {"Localhost/*"}, file("/var/lib/kubelet/seccomp/a/b"), kRoot, true},
      {"any file, but below the directory", {"Localhost/*"}, file("/tmp/b"), kRoot, false},
      {"and not by way of it",
       {"Localhost/*"},
       file("/var/lib/kubelet/seccomp/../b"),
       kRoot,
       false},
      {"any file is not the default", {"Localhost/*"}, fallback, kRoot, false},
      {"one file", {"Localhost/a/b"}, file("/var/lib/kubelet/seccomp/a/b"), kRoot, true},
      {"one file, not another", {"Localhost/a"}, file("/var/lib/kubelet/seccomp/b"), kRoot, false},
      {"the same name elsewhere", {"Localhost/a"}, file("a"), kRoot, false},
      {"any profile by name", {"Localhost/*"}, file("x"), "", true},
      {"any, but one", {"Localhost/*"}, file(""), "", false},
      {"one profile by name", {"Localhost/x"}, file("x"), "", true},
      {"a wildcard is no part of a name", {"Localhost/x*"}, file("xy"), "", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Allows({c.allowed, ""}, c.profile, c.root), c.allows) << c.why;
  }
}

TEST(ProfileRule, EntriesAndProfilesAreTheSameBothWays) {
  for (const std::string_view root : {"", "/var/lib/kubelet/seccomp"}) {
    for (const std::string_view entry :
         {"RuntimeDefault", "Unconfined", "Localhost/web", "Localhost/team/web"}) {
      EXPECT_EQ(EntryOf(ProfileNamed(entry, root), root), entry) << root;
    }
  }
  EXPECT_EQ(EntryOf({}, ""), "RuntimeDefault");
  EXPECT_EQ(EntryOf({ProfileType::kLocalhost, "/tmp/x"}, "/var/lib/kubelet/seccomp"),
            "Localhost//tmp/x");
}

}  // namespace
}  // namespace sekisho::policy
