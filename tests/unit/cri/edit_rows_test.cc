// Apply, by example: what was there, the edit, what is there then. edits_test.cc has the
// properties.
#include <gmock/gmock.h>

#include "cri/edits.h"
#include "runtime/v1/api.pb.h"
#include "unit/cri/text_proto.h"
#include "unit/cri/whole_messages.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::Edits;
using policy::ProfileType;
using policy::SecurityProfile;
using Texts = std::vector<std::string>;

struct Row {
  const char* why;
  void (*edit)(Edits&);
  const char* before;  // of a ContainerConfig
  const char* after;
};

constexpr Row kRows[] = {
    {"nothing makes nothing", [](Edits&) {}, "", ""},
    {"an edit makes the messages it needs", [](Edits& e) { e.no_new_privs = true; }, "",
     "linux { security_context { no_new_privs: true } }"},
    {"and no others", [](Edits& e) { e.masked_paths = Texts{"/a"}; }, "linux {}",
     "linux { security_context { masked_paths: '/a' } }"},
    {"a profile keeps nothing of the one before",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kRuntimeDefault, ""};
     },
     "linux { security_context { seccomp { profile_type: Localhost localhost_ref: '/p' } } }",
     "linux { security_context { seccomp {} } }"},
    {"seccomp is not AppArmor",
     [](Edits& e) {
       e.apparmor = SecurityProfile{ProfileType::kLocalhost, "p"};
     },
     "linux { security_context { seccomp { profile_type: Unconfined } } }",
     "linux { security_context { seccomp { profile_type: Unconfined }"
     " apparmor { profile_type: Localhost localhost_ref: 'p' } } }"},
    {"the deprecated path follows",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kLocalhost, "/p"};
     },
     "linux { security_context { seccomp_profile_path: 'unconfined' } }",
     "linux { security_context { seccomp { profile_type: Localhost localhost_ref: '/p' }"
     " seccomp_profile_path: 'localhost//p' } }"},
    {"the deprecated AppArmor profile follows",
     [](Edits& e) {
       e.apparmor = SecurityProfile{ProfileType::kRuntimeDefault, ""};
     },
     "linux { security_context { apparmor_profile: 'unconfined' } }",
     "linux { security_context { apparmor {} apparmor_profile: 'runtime/default' } }"},
    {"unconfined has a deprecated spelling too",
     [](Edits& e) {
       e.seccomp = SecurityProfile{ProfileType::kUnconfined, ""};
     },
     "linux { security_context { seccomp_profile_path: 'runtime/default' } }",
     "linux { security_context { seccomp { profile_type: Unconfined }"
     " seccomp_profile_path: 'unconfined' } }"},
    {"a list is replaced, not added to", [](Edits& e) { e.capabilities_add = Texts{"KILL"}; },
     "linux { security_context { capabilities {"
     " add_capabilities: ['SYS_ADMIN', 'KILL'] drop_capabilities: 'CHOWN' } } }",
     "linux { security_context { capabilities {"
     " add_capabilities: 'KILL' drop_capabilities: 'CHOWN' } } }"},
    {"an empty list empties", [](Edits& e) { e.capabilities_ambient = Texts(); },
     "linux { security_context { capabilities { add_ambient_capabilities: 'NET_RAW' } } }",
     "linux { security_context { capabilities {} } }"},
    {"false is a value", [](Edits& e) { e.no_new_privs = false; },
     "linux { security_context { no_new_privs: true } }", "linux { security_context {} }"},
    {"a root filesystem that cannot be written", [](Edits& e) { e.readonly_rootfs = true; },
     "linux { security_context { no_new_privs: true } }",
     "linux { security_context { no_new_privs: true readonly_rootfs: true } }"},
    {"and that can, which is a value as well", [](Edits& e) { e.readonly_rootfs = false; },
     "linux { security_context { readonly_rootfs: true } }", "linux { security_context {} }"},
    {"SELinux options keep nothing of those before",
     [](Edits& e) {
       e.selinux = policy::SELinuxOptions{"", "", "container_t", ""};
     },
     "linux { security_context { selinux_options { user: 'u' role: 'r' type: 't' level: 'l' } } }",
     "linux { security_context { selinux_options { type: 'container_t' } } }"},
    {"empty ones are there", [](Edits& e) { e.selinux.emplace(); }, "",
     "linux { security_context { selinux_options {} } }"},
    {"an annotation goes, its like stay, and no context appears",
     [](Edits& e) {
       e.remove_annotations = {"a", "not there"};
     },
     "annotations { key: 'a' value: '1' } annotations { key: 'A' value: '1' }"
     " annotations { key: 'a/' value: '1' } labels { key: 'a' value: '1' }",
     "annotations { key: 'A' value: '1' } annotations { key: 'a/' value: '1' }"
     " labels { key: 'a' value: '1' }"},
    {"nothing is made to remove something from it", [](Edits& e) { e.remove_annotations = {"a"}; },
     "", ""},
    {"an annotation and the context",
     [](Edits& e) {
       e.remove_annotations = {"a"};
       e.no_new_privs = true;
     },
     "annotations { key: 'a' value: '1' }", "linux { security_context { no_new_privs: true } }"},
    {"the rest of the context and of the request stays",
     [](Edits& e) {
       e.no_new_privs = true;
       e.readonly_paths = Texts{"/b"};
     },
     "image { image: 'i' } linux { resources { cpu_shares: 2 } security_context {"
     " privileged: true masked_paths: '/a' readonly_paths: '/c' } }",
     "image { image: 'i' } linux { resources { cpu_shares: 2 } security_context {"
     " privileged: true masked_paths: '/a' readonly_paths: '/b' no_new_privs: true } }"},
};

TEST(Apply, Rows) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.why);
    auto config = FromText<cri_v1::ContainerConfig>(row.before);
    Edits edits;
    row.edit(edits);
    Apply(edits, config);
    EXPECT_EQ(Bytes(config), Bytes(FromText<cri_v1::ContainerConfig>(row.after)))
        << config.DebugString();
  }
}

}  // namespace
}  // namespace sekisho::cri
