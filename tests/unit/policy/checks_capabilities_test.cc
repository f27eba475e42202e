// What a container adds to, and drops from, its capabilities.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

constexpr CheckCase kBaselineRows[] = {
    {"nothing added, nothing dropped", [](Request& r) { r.container.capabilities_drop.clear(); }},
    {"every name that baseline has",
     [](Request& r) {
       r.container.capabilities_add = {"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE", "FOWNER",
                                       "FSETID",      "KILL",    "MKNOD",        "SETFCAP",
                                       "SETGID",      "SETPCAP", "SETUID",       "NET_BIND_SERVICE",
                                       "SYS_CHROOT"};
     }},
    {"NET_RAW is a default of the runtime, but may not be listed",
     [](Request& r) { r.container.capabilities_add = {"NET_RAW"}; }, "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "NET_RAW" in securityContext.capabilities.add))"},
    {"lower case: the runtime understands it, Kubernetes forbids it",
     [](Request& r) { r.container.capabilities_add = {"chown"}; }, "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "chown" in securityContext.capabilities.add))"},
    {"a prefixed name", [](Request& r) { r.container.capabilities_add = {"CAP_CHOWN"}; },
     "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "CAP_CHOWN" in securityContext.capabilities.add))"},
    {"lower case of a dangerous one: containerd grants it",
     [](Request& r) { r.container.capabilities_add = {"sys_admin"}; }, "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "sys_admin" in securityContext.capabilities.add))"},
    {"ALL", [](Request& r) { r.container.capabilities_add = {"ALL"}; }, "capabilities_baseline"},
    {"all, which containerd takes for ALL",
     [](Request& r) { r.container.capabilities_add = {"all"}; }, "capabilities_baseline"},
    {"an empty name", [](Request& r) { r.container.capabilities_add = {""}; },
     "capabilities_baseline"},
    {"a name with a blank at its end",
     [](Request& r) { r.container.capabilities_add = {"CHOWN "}; }, "capabilities_baseline"},
    {"an ambient addition: containerd drops it, other runtimes grant it",
     [](Request& r) { r.container.capabilities_ambient = {"SYS_PTRACE"}; }, "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "SYS_PTRACE" in securityContext.capabilities.add))"},
    {"an ambient addition within the list",
     [](Request& r) { r.container.capabilities_ambient = {"NET_BIND_SERVICE"}; }},
    {"several, from both lists: sorted, each once, the allowed one left out",
     [](Request& r) {
       r.container.capabilities_add = {"SYS_ADMIN", "CHOWN", "NET_RAW", "SYS_ADMIN"};
       r.container.capabilities_ambient = {"BPF", "NET_RAW"};
     },
     "capabilities_baseline",
     R"(non-default capabilities (container "container1" must not include "BPF", "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add))"},
    {"a prefixed name in drop drops nothing, and baseline does not mind",
     [](Request& r) { r.container.capabilities_drop = {"CAP_CHOWN"}; }},
    {"dropping what was added does not excuse the addition",
     [](Request& r) {
       r.container.capabilities_add = {"SYS_ADMIN"};
       r.container.capabilities_drop = {"ALL", "SYS_ADMIN"};
     },
     "capabilities_baseline"},
};

constexpr CheckCase kRestrictedRows[] = {
    {"ALL dropped", [](Request&) {}},
    {"nothing dropped", [](Request& r) { r.container.capabilities_drop.clear(); },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must set securityContext.capabilities.drop=["ALL"]))"},
    {"lower case: the runtime drops all, and Kubernetes does not count it",
     [](Request& r) { r.container.capabilities_drop = {"all"}; }, "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must set securityContext.capabilities.drop=["ALL"]))"},
    {"prefixed: that names no capability",
     [](Request& r) { r.container.capabilities_drop = {"CAP_ALL"}; }, "capabilities_restricted"},
    {"every default one by one",
     [](Request& r) {
       r.container.capabilities_drop = {
           "AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE",     "FOWNER",    "FSETID",
           "KILL",        "MKNOD",   "NET_BIND_SERVICE", "NET_RAW",   "SETFCAP",
           "SETGID",      "SETPCAP", "SETUID",           "SYS_CHROOT"};
     },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must set securityContext.capabilities.drop=["ALL"]))"},
    {"ALL among others, a prefixed one too",
     [](Request& r) {
       r.container.capabilities_drop = {"CAP_CHOWN", "net_raw", "ALL"};
     }},
    {"the one that may be added",
     [](Request& r) { r.container.capabilities_add = {"NET_BIND_SERVICE"}; }},
    {"the same in lower case",
     [](Request& r) { r.container.capabilities_add = {"net_bind_service"}; },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must not include "net_bind_service" in securityContext.capabilities.add))"},
    {"the same with a prefix",
     [](Request& r) { r.container.capabilities_add = {"CAP_NET_BIND_SERVICE"}; },
     "capabilities_restricted"},
    {"one that baseline allows", [](Request& r) { r.container.capabilities_add = {"CHOWN"}; },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must not include "CHOWN" in securityContext.capabilities.add))"},
    {"ambient additions count", [](Request& r) { r.container.capabilities_ambient = {"CHOWN"}; },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must not include "CHOWN" in securityContext.capabilities.add))"},
    {"ALL dropped and added: what counts last is up to the runtime",
     [](Request& r) { r.container.capabilities_add = {"ALL"}; }, "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must not include "ALL" in securityContext.capabilities.add))"},
    {"both faults, the drop first",
     [](Request& r) {
       r.container.capabilities_add = {"NET_RAW", "CHOWN"};
       r.container.capabilities_drop = {"KILL"};
     },
     "capabilities_restricted",
     R"(unrestricted capabilities (container "container1" must set securityContext.capabilities.drop=["ALL"]; container "container1" must not include "CHOWN", "NET_RAW" in securityContext.capabilities.add))"},
};

}  // namespace

std::vector<CheckTable> CapabilityTables() {
  return {{"baseline", Level::kBaseline, Judged::kContainer, kBaselineRows},
          {"restricted", Level::kRestricted, Judged::kContainer, kRestrictedRows}};
}

TEST(ChecksCapabilities, Rows) {
  for (const CheckTable& table : CapabilityTables()) {
    ExpectRows(table);
  }
}

}  // namespace sekisho::policy
