// ContainerConfig -> facts: a row sets one thing and names all that it changes.
#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::ContainerFacts;
using policy::NamespaceMode;
using policy::ProfileType;

struct Row {
  const char* why;
  const char* text;                                          // of a ContainerConfig
  void (*expect)(ContainerFacts&) = [](ContainerFacts&) {};  // on facts with nothing in them
};

void Check(const Row& row) {
  SCOPED_TRACE(row.why);
  ContainerFacts expected;
  row.expect(expected);
  EXPECT_TRUE(FactsFrom(FromText<cri_v1::ContainerConfig>(row.text)) == expected) << row.text;
}

void CheckContext(const Row& row) {
  const std::string text = std::string("linux { security_context { ") + row.text + " } }";
  Check({row.why, text.c_str(), row.expect});
}

TEST(ContainerFacts, Absent) {
  constexpr Row kRows[] = {
      {"nothing", ""},
      {"no security context", "linux {}"},
      {"an empty one", "linux { security_context {} }"},
      {"empty capabilities", "linux { security_context { capabilities {} } }"},
      {"empty namespaces", "linux { security_context { namespace_options {} } }"},
      {"empty metadata and image", "metadata {} image {}"},
  };
  for (const Row& row : kRows) {
    Check(row);
  }
}

TEST(ContainerFacts, Container) {
  constexpr Row kRows[] = {
      {"the name", "metadata { name: 'n' }", [](ContainerFacts& f) { f.name = "n"; }},
      {"the attempt", "metadata { attempt: 3 }", [](ContainerFacts& f) { f.attempt = 3; }},
      {"what runs", "image { image: 'i' }", [](ContainerFacts& f) { f.image = "i"; }},
      {"what the manifest said", "image { user_specified_image: 'u' }",
       [](ContainerFacts& f) { f.user_specified_image = "u"; }},
      {"an empty windows message is one", "windows {}",
       [](ContainerFacts& f) { f.windows_present = true; }},
      {"the kubelet's own labels are compared elsewhere",
       "labels { key: 'io.kubernetes.pod.uid' value: 'u' }"
       " labels { key: 'io.kubernetes.container.name' value: 'n' }"},
      {"every other label, one that looks much like the kubelet's included",
       "labels { key: 'a' value: 'b' } labels { key: 'io.kubernetes.podx' }"
       " labels { key: 'containerd.io/gc.root' value: '1' }",
       [](ContainerFacts& f) {
         f.labels = {{"a", "b"}, {"io.kubernetes.podx", ""}, {"containerd.io/gc.root", "1"}};
       }},
      {"the kubelet's own annotations say nothing of the runtime",
       "annotations { key: 'io.kubernetes.container.hash' value: '0' }"
       " annotations { key: 'io.kubernetes.pod.terminationGracePeriod' value: '30' }"},
      {"every other annotation",
       "annotations { key: 'a' value: 'b' } annotations { key: 'cdi.k8s.io/x' }"
       " annotations { key: 'io.kubernetes.cri.y' value: '' }",
       [](ContainerFacts& f) {
         f.annotations = {{"a", "b"}, {"cdi.k8s.io/x", ""}, {"io.kubernetes.cri.y", ""}};
       }},
      {"a device plugin's answer",
       "CDI_devices { name: 'vendor.com/gpu=0' } CDI_devices {}"
       " CDI_devices { name: 'vendor.com/gpu=0' }",
       [](ContainerFacts& f) {
         f.cdi_devices = {"vendor.com/gpu=0", "", "vendor.com/gpu=0"};
       }},
      {"limits say nothing, empty ones neither",
       "linux { resources { cpu_period: 1 cpu_quota: -1 cpu_shares: 2 memory_limit_in_bytes: 3"
       " cpuset_cpus: '0' cpuset_mems: '0' hugepage_limits { page_size: '2MB' limit: 1 }"
       " memory_swap_limit_in_bytes: 4 } }"},
      {"who dies first when memory runs out", "linux { resources { oom_score_adj: -998 } }",
       [](ContainerFacts& f) { f.oom_score_adj = -998; }},
      {"keys of cgroup v2, sorted, as a map has no order",
       "linux { resources { unified { key: 'z' value: '1' } unified { key: 'memory.high' }"
       " unified { key: 'a' value: 'max' } unified { key: 'a' value: '0' } } }",
       [](ContainerFacts& f) {
         f.unified_keys = {"a", "memory.high", "z"};
       }},
      {"what it does",
       "command: 'c' args: 'a' working_dir: '/' tty: true stop_signal: SIGNAL_SIGINT"},
  };
  for (const Row& row : kRows) {
    Check(row);
  }
}

TEST(ContainerFacts, SecurityContext) {
  constexpr Row kRows[] = {
      {"2", "privileged: true", [](ContainerFacts& f) { f.privileged = true; }},
      {"5", "run_as_user { value: 1000 }", [](ContainerFacts& f) { f.run_as_user = 1000; }},
      {"an empty wrapper is root, not absent", "run_as_user {}",
       [](ContainerFacts& f) { f.run_as_user = 0; }},
      {"6 is kept beside 5, for it wins", "run_as_user { value: 5 } run_as_username: 'root'",
       [](ContainerFacts& f) {
         f.run_as_user = 5;
         f.run_as_username = "root";
       }},
      {"12", "run_as_group { value: 7 }", [](ContainerFacts& f) { f.run_as_group = 7; }},
      {"12, empty", "run_as_group {}", [](ContainerFacts& f) { f.run_as_group = 0; }},
      {"7", "readonly_rootfs: true", [](ContainerFacts& f) { f.readonly_rootfs = true; }},
      {"8", "supplemental_groups: 27 supplemental_groups: 0",
       [](ContainerFacts& f) {
         f.supplemental_groups = {27, 0};
       }},
      {"11", "no_new_privs: true", [](ContainerFacts& f) { f.no_new_privs = true; }},
      {"13", "masked_paths: '/a' masked_paths: '/a/'",
       [](ContainerFacts& f) {
         f.masked_paths = {"/a", "/a/"};
       }},
      {"14", "readonly_paths: '/b'", [](ContainerFacts& f) { f.readonly_paths = {"/b"}; }},
      {"4, empty: declared, and nothing in it", "selinux_options {}",
       [](ContainerFacts& f) { f.selinux.emplace(); }},
      {"4", "selinux_options { user: 'u' role: 'r' type: 't' level: 'l' }",
       [](ContainerFacts& f) {
         f.selinux = {"u", "r", "t", "l"};
       }},
      {"17", "supplemental_groups_policy: Strict",
       [](ContainerFacts& f) {
         f.supplemental_groups_policy = policy::SupplementalGroupsPolicy::kStrict;
       }},
      {"17: type 0 is Merge", "supplemental_groups_policy: Merge"},
      {"17: a policy that the protocol lacks is taken for the wider one",
       "supplemental_groups_policy: 2",
       [](ContainerFacts& f) {
         f.unknown = {
             {"config.linux.security_context.supplemental_groups_policy: unknown value 2"}};
       }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(ContainerFacts, Capabilities) {
  constexpr Row kRows[] = {
      {"1.1, in the sender's own spelling and order",
       "capabilities { add_capabilities: ['sys_admin', 'CAP_KILL', 'all', ''] }",
       [](ContainerFacts& f) {
         f.capabilities_add = {"sys_admin", "CAP_KILL", "all", ""};
       }},
      {"1.2", "capabilities { drop_capabilities: ['ALL', 'ALL'] }",
       [](ContainerFacts& f) {
         f.capabilities_drop = {"ALL", "ALL"};
       }},
      {"1.3: not every runtime drops these", "capabilities { add_ambient_capabilities: 'NET_RAW' }",
       [](ContainerFacts& f) { f.capabilities_ambient = {"NET_RAW"}; }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(ContainerFacts, Profiles) {
  constexpr Row kRows[] = {
      {"15: type 0 is RuntimeDefault", "seccomp {}",
       [](ContainerFacts& f) { f.seccomp.type = ProfileType::kRuntimeDefault; }},
      {"15: Localhost", "seccomp { profile_type: Localhost localhost_ref: '/p' }",
       [](ContainerFacts& f) {
         f.seccomp = {ProfileType::kLocalhost, "/p"};
       }},
      {"15: unknown type", "seccomp { profile_type: 9 localhost_ref: '/p' }",
       [](ContainerFacts& f) {
         f.seccomp.type = ProfileType::kUnconfined;
         f.unknown = {{"config.linux.security_context.seccomp.profile_type: unknown value 9"}};
       }},
      {"10, deprecated, does not fill 15", "seccomp_profile_path: 'runtime/default'",
       [](ContainerFacts& f) { f.seccomp_profile_path = "runtime/default"; }},
      {"both are kept when they disagree",
       "seccomp { profile_type: Unconfined } seccomp_profile_path: 'localhost//p'",
       [](ContainerFacts& f) {
         f.seccomp.type = ProfileType::kUnconfined;
         f.seccomp_profile_path = "localhost//p";
       }},
      {"16: type 0 is RuntimeDefault", "apparmor {}",
       [](ContainerFacts& f) { f.apparmor.type = ProfileType::kRuntimeDefault; }},
      {"16: Unconfined", "apparmor { profile_type: Unconfined }",
       [](ContainerFacts& f) { f.apparmor.type = ProfileType::kUnconfined; }},
      {"16: Localhost", "apparmor { profile_type: Localhost localhost_ref: 'p' }",
       [](ContainerFacts& f) {
         f.apparmor = {ProfileType::kLocalhost, "p"};
       }},
      {"9, deprecated, does not fill 16", "apparmor_profile: 'unconfined'",
       [](ContainerFacts& f) { f.apparmor_profile = "unconfined"; }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(ContainerFacts, Namespaces) {
  constexpr Row kRows[] = {
      {"network", "namespace_options { network: NODE }",
       [](ContainerFacts& f) { f.namespaces.network = NamespaceMode::kNode; }},
      {"an ephemeral container's target", "namespace_options { pid: TARGET target_id: 'c' }",
       [](ContainerFacts& f) {
         f.namespaces.pid = NamespaceMode::kTarget;
         f.namespaces.target_id = "c";
       }},
      {"unknown mode", "namespace_options { network: 99 }",
       [](ContainerFacts& f) {
         f.namespaces.network = NamespaceMode::kNode;
         f.unknown = {
             {"config.linux.security_context.namespace_options.network: unknown value 99"}};
       }},
      {"a user namespace",
       "namespace_options { userns_options { uids { host_id: 65536 length: 65536 }"
       " gids { host_id: 65536 length: 65536 } } }",
       [](ContainerFacts& f) {
         f.namespaces.userns = {NamespaceMode::kPod, {{65536, 0, 65536}}, {{65536, 0, 65536}}};
       }},
      {"an unknown user namespace is the node's",
       "namespace_options { userns_options { mode: 5 } }",
       [](ContainerFacts& f) {
         f.namespaces.userns.emplace().mode = NamespaceMode::kNode;
         f.unknown = {
             {"config.linux.security_context.namespace_options.userns_options.mode: "
              "unknown value 5"}};
       }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

// In what can open the node a field that nobody knows counts; elsewhere a newer kubelet's field
// must not stop a node.
TEST(ContainerFacts, WhereUnknownFieldsCount) {
  auto request = testing::CreateContainer("id", {}, {});
  const auto add = [](google::protobuf::Message& message, int number) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 0);
  };
  cri_v1::ContainerConfig& config = *request.mutable_config();
  add(config, 40);
  add(*config.mutable_metadata(), 41);
  add(*config.mutable_image(), 42);
  add(*config.mutable_envs(0), 43);
  add(*config.mutable_linux(), 44);
  add(*config.mutable_linux()->mutable_resources(), 45);
  EXPECT_THAT(FactsFrom(config).unknown, ::testing::IsEmpty());
  add(*config.mutable_mounts(1), 50);
  add(*config.mutable_mounts(1)->mutable_image(), 51);
  add(*config.mutable_mounts(0)->add_uidmappings(), 52);
  add(*config.add_devices(), 53);
  add(*config.add_cdi_devices(), 54);
  add(*config.mutable_linux()->mutable_security_context(), 55);
  add(*config.mutable_linux()->mutable_security_context()->mutable_capabilities(), 56);
  std::vector<std::string> paths;
  for (const policy::UnknownField& field : FactsFrom(config).unknown) {
    paths.push_back(field.path);
  }
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre(
                         "config.mounts: unknown field 50", "config.mounts.image: unknown field 51",
                         "config.mounts.uidMappings: unknown field 52",
                         "config.devices: unknown field 53", "config.CDI_devices: unknown field 54",
                         "config.linux.security_context: unknown field 55",
                         "config.linux.security_context.capabilities: unknown field 56"));
}

TEST(ContainerFacts, AKubeletsRequest) {
  auto request = testing::CreateContainer("id", {}, {});
  ContainerFacts facts = FactsFrom(request.config());
  EXPECT_EQ(facts.name, "web");
  EXPECT_EQ(facts.user_specified_image, "localhost/busybox:1");
  EXPECT_EQ(facts.seccomp.type, ProfileType::kUnconfined);
  EXPECT_EQ(facts.run_as_user, 0);
  EXPECT_THAT(facts.masked_paths, ::testing::Contains("/proc/kcore"));
  EXPECT_THAT(facts.labels, ::testing::IsEmpty());
  EXPECT_THAT(facts.annotations, ::testing::IsEmpty());
  EXPECT_EQ(facts.termination_message_path, "/dev/termination-log");
  EXPECT_EQ(facts.mounts.size(), 2u);
  EXPECT_EQ(facts.oom_score_adj, 1000);
  EXPECT_THAT(facts.unknown, ::testing::IsEmpty());
  testing::MakeRestricted(*request.mutable_config());
  facts = FactsFrom(request.config());
  EXPECT_EQ(facts.seccomp.type, ProfileType::kRuntimeDefault);
  EXPECT_EQ(facts.run_as_user, 1000);
  EXPECT_TRUE(facts.no_new_privs);
  EXPECT_THAT(facts.capabilities_drop, ::testing::ElementsAre("ALL"));
}

}  // namespace
}  // namespace sekisho::cri
