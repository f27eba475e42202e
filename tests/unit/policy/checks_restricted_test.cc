// Restricted: privilege escalation, and who the container runs as.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kContainerRows[] = {
    {"as it comes", [](Request&) {}},
    {"no_new_privs is off, as unset allowPrivilegeEscalation is sent",
     [](Request& r) { r.container.no_new_privs = false; }, "allowPrivilegeEscalation",
     R"(allowPrivilegeEscalation != false (container "container1" must set securityContext.allowPrivilegeEscalation=false))"},
    {"user 0: by the pod's word or the image's, the request does not say",
     [](Request& r) { r.container.run_as_user = 0; }, "runAsNonRoot runAsUser",
     R"(runAsNonRoot != true (pod or container "container1" must set securityContext.runAsNonRoot=true))"},
    {"user 0 breaks two rules, and both are reported",
     [](Request& r) { r.container.run_as_user = 0; }, "runAsNonRoot runAsUser",
     R"(runAsUser=0 (container "container1" must not set runAsUser=0))"},
    {"no user: the image's counts, which may be root",
     [](Request& r) { r.container.run_as_user.reset(); }, "runAsNonRoot",
     R"(runAsNonRoot != true (pod or container "container1" must set securityContext.runAsNonRoot=true))"},
    {"a name beside the number overrides it",
     [](Request& r) { r.container.run_as_username = "root"; }, "runAsNonRoot",
     R"(runAsNonRoot != true (pod or container "container1" must set securityContext.runAsNonRoot=true))"},
    {"a name that is the number of root", [](Request& r) { r.container.run_as_username = "0:0"; },
     "runAsNonRoot"},
    {"a harmless name: what it means is up to the image",
     [](Request& r) { r.container.run_as_username = "nobody"; }, "runAsNonRoot"},
    {"a name alone",
     [](Request& r) {
       r.container.run_as_user.reset();
       r.container.run_as_username = "nobody";
     },
     "runAsNonRoot"},
    {"0 and a name",
     [](Request& r) {
       r.container.run_as_user = 0;
       r.container.run_as_username = "nobody";
     },
     "runAsNonRoot runAsUser"},
    {"below 0", [](Request& r) { r.container.run_as_user = -1; }, "runAsNonRoot"},
    {"the largest user", [](Request& r) { r.container.run_as_user = 2147483647; }},
    {"one more wraps around in some runtimes",
     [](Request& r) { r.container.run_as_user = 2147483648; }, "runAsNonRoot"},
    {"2 to the 32nd, which is 0 when cut",
     [](Request& r) { r.container.run_as_user = int64_t{1} << 32; }, "runAsNonRoot"},
    {"the pod's 0 is the sandbox's to answer for", [](Request& r) { r.sandbox.run_as_user = 0; }},
    {"groups may be 0",
     [](Request& r) {
       r.container.run_as_group = 0;
       r.container.supplemental_groups = {0};
     }},
};

constexpr CheckCase kSandboxRows[] = {
    {"no user", [](Request&) {}},
    {"user 0", [](Request& r) { r.sandbox.run_as_user = 0; }, "runAsUser",
     "runAsUser=0 (pod must not set runAsUser=0)"},
    {"another user", [](Request& r) { r.sandbox.run_as_user = 1; }},
    {"group 0", [](Request& r) { r.sandbox.run_as_group = 0; }},
    {"user 0 of a user namespace",
     [](Request& r) {
       r.sandbox.namespaces.userns = OwnUsers();
       r.sandbox.run_as_user = 0;
     }},
};

// What baseline does not mind.
constexpr CheckCase kBaselineRows[] = {
    {"root, by whatever word, and privilege escalation",
     [](Request& r) {
       r.container.run_as_user = 0;
       r.container.run_as_username = "root";
       r.container.no_new_privs = false;
     }},
    {"no user", [](Request& r) { r.container.run_as_user.reset(); }},
};

}  // namespace

std::vector<CheckTable> RestrictedTables() {
  return {{"container", Level::kRestricted, Judged::kContainer, kContainerRows},
          {"sandbox", Level::kRestricted, Judged::kSandbox, kSandboxRows},
          {"baseline", Level::kBaseline, Judged::kContainer, kBaselineRows}};
}

TEST(ChecksRestricted, Rows) {
  for (const CheckTable& table : RestrictedTables()) {
    ExpectRows(table);
  }
}

}  // namespace sekisho::policy
