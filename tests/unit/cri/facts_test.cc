// PodSandboxConfig -> facts: a row sets one thing and names all that it changes.
#include "cri/facts.h"

#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>

#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::NamespaceMode;
using policy::PodSource;
using policy::ProfileType;
using policy::SandboxFacts;

struct Row {
  const char* why;
  const char* text;                                      // of a PodSandboxConfig
  void (*expect)(SandboxFacts&) = [](SandboxFacts&) {};  // on facts with nothing in them
};

void Check(const Row& row) {
  SCOPED_TRACE(row.why);
  SandboxFacts expected;
  row.expect(expected);
  const auto config = FromText<cri_v1::PodSandboxConfig>(row.text);
  EXPECT_TRUE(FactsFrom(config, "", "config") == expected) << row.text;
}

TEST(SandboxFacts, Absent) {
  constexpr Row kRows[] = {
      {"nothing", ""},
      {"no security context", "linux {}"},
      {"an empty one", "linux { security_context {} }"},
      {"empty metadata", "metadata {}"},
      {"empty namespaces say POD, as absent ones do",
       "linux { security_context { namespace_options {} } }"},
  };
  for (const Row& row : kRows) {
    Check(row);
  }
}

TEST(SandboxFacts, Pod) {
  constexpr Row kRows[] = {
      {"the name", "metadata { name: 'n' }", [](SandboxFacts& f) { f.pod.name = "n"; }},
      {"the namespace", "metadata { namespace: 'n' }",
       [](SandboxFacts& f) { f.pod.namespace_ = "n"; }},
      {"the uid", "metadata { uid: 'u' }", [](SandboxFacts& f) { f.pod.uid = "u"; }},
      {"the attempt", "metadata { attempt: 4294967295 }",
       [](SandboxFacts& f) { f.pod.attempt = 4294967295; }},
      {"labels of the kubelet's identify nobody",
       "labels { key: 'io.kubernetes.pod.namespace' value: 'kube-system' }"},
      {"every other label",
       "labels { key: 'app' value: 'web' } labels { key: 'io.cri-containerd.kind' value: 'x' }"
       " labels { key: 'io.kubernetes.pod' }",
       [](SandboxFacts& f) {
         f.labels = {{"app", "web"}, {"io.cri-containerd.kind", "x"}, {"io.kubernetes.pod", ""}};
       }},
      {"limits say nothing",
       "linux { overhead { cpu_quota: -1 oom_score_adj: -1 }"
       " resources { memory_limit_in_bytes: 3 oom_score_adj: -1 } }"},
      {"keys of cgroup v2 of both, sorted, each once",
       "linux { overhead { unified { key: 'b' } unified { key: 'c' value: '1' } }"
       " resources { unified { key: 'z' } unified { key: 'a' } unified { key: 'b' value: '2' } } }",
       [](SandboxFacts& f) {
         f.unified_keys = {"a", "b", "c", "z"};
       }},
      {"where logs go", "log_directory: '/d'", [](SandboxFacts& f) { f.log_directory = "/d"; }},
      {"the cgroup", "linux { cgroup_parent: '/c' }",
       [](SandboxFacts& f) { f.cgroup_parent = "/c"; }},
      {"an empty windows message is one", "windows {}",
       [](SandboxFacts& f) { f.windows_present = true; }},
      {"a name and servers judge nobody", "hostname: 'h' dns_config { servers: 's' }"},
      {"sysctls as sent: the slash form is another name",
       "linux { sysctls { key: 'net.ipv4.tcp_syncookies' value: '1' }"
       " sysctls { key: 'net/ipv4/ip_forward' value: '' } }",
       [](SandboxFacts& f) {
         f.sysctls = {{"net.ipv4.tcp_syncookies", "1"}, {"net/ipv4/ip_forward", ""}};
       }},
      {"annotations, all of them", "annotations { key: 'a' value: '1' } annotations { key: 'b' }",
       [](SandboxFacts& f) {
         f.annotations = {{"a", "1"}, {"b", ""}};
       }},
  };
  for (const Row& row : kRows) {
    Check(row);
  }
}

TEST(SandboxFacts, HostPorts) {
  constexpr Row kRows[] = {
      {"a container port alone", "port_mappings { container_port: 80 protocol: UDP }"},
      {"zero is no host port", "port_mappings { container_port: 80 host_port: 0 }"},
      {"every other, in order and as often as sent",
       "port_mappings { host_port: 9 } port_mappings { host_port: 0 }"
       " port_mappings { host_port: 8 host_ip: '127.0.0.1' } port_mappings { host_port: 9 }",
       [](SandboxFacts& f) {
         f.host_ports = {9, 8, 9};
       }},
      {"negative is not zero", "port_mappings { host_port: -1 }",
       [](SandboxFacts& f) { f.host_ports = {-1}; }},
  };
  for (const Row& row : kRows) {
    Check(row);
  }
}

void CheckContext(const Row& row) {
  const std::string text = std::string("linux { security_context { ") + row.text + " } }";
  Check({row.why, text.c_str(), row.expect});
}

TEST(SandboxFacts, SecurityContext) {
  constexpr Row kRows[] = {
      {"6", "privileged: true", [](SandboxFacts& f) { f.privileged = true; }},
      {"4", "readonly_rootfs: true", [](SandboxFacts& f) { f.readonly_rootfs = true; }},
      {"3", "run_as_user { value: 1000 }", [](SandboxFacts& f) { f.run_as_user = 1000; }},
      {"an empty wrapper is root, not absent", "run_as_user {}",
       [](SandboxFacts& f) { f.run_as_user = 0; }},
      {"8", "run_as_group { value: -1 }", [](SandboxFacts& f) { f.run_as_group = -1; }},
      {"the group's wrapper too", "run_as_group {}", [](SandboxFacts& f) { f.run_as_group = 0; }},
      {"5", "supplemental_groups: 0 supplemental_groups: 27",
       [](SandboxFacts& f) {
         f.supplemental_groups = {0, 27};
       }},
      {"2, empty: declared, and nothing in it", "selinux_options {}",
       [](SandboxFacts& f) { f.selinux.emplace(); }},
      {"2", "selinux_options { user: 'u' role: 'r' type: 't' level: 'l' }",
       [](SandboxFacts& f) {
         f.selinux = {"u", "r", "t", "l"};
       }},
      {"7, deprecated", "seccomp_profile_path: 'unconfined'",
       [](SandboxFacts& f) { f.seccomp_profile_path = "unconfined"; }},
      {"7 does not fill 9", "seccomp_profile_path: 'runtime/default'",
       [](SandboxFacts& f) { f.seccomp_profile_path = "runtime/default"; }},
      {"10: the pause process's AppArmor profile is no container's",
       "apparmor { profile_type: Unconfined }"},
      {"11: the pause process's groups are no container's", "supplemental_groups_policy: Strict"},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(SandboxFacts, Seccomp) {
  constexpr Row kRows[] = {
      {"type 0 is RuntimeDefault", "seccomp {}",
       [](SandboxFacts& f) { f.seccomp.type = ProfileType::kRuntimeDefault; }},
      {"Unconfined", "seccomp { profile_type: Unconfined }",
       [](SandboxFacts& f) { f.seccomp.type = ProfileType::kUnconfined; }},
      {"Localhost", "seccomp { profile_type: Localhost localhost_ref: '/p' }",
       [](SandboxFacts& f) {
         f.seccomp = {ProfileType::kLocalhost, "/p"};
       }},
      {"a file means something for Localhost only", "seccomp { localhost_ref: '/p' }",
       [](SandboxFacts& f) { f.seccomp.type = ProfileType::kRuntimeDefault; }},
      {"a type that the protocol lacks confines nobody", "seccomp { profile_type: 3 }",
       [](SandboxFacts& f) {
         f.seccomp.type = ProfileType::kUnconfined;
         f.unknown = {{"config.linux.security_context.seccomp.profile_type: unknown value 3"}};
       }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(SandboxFacts, Namespaces) {
  constexpr Row kRows[] = {
      {"network", "namespace_options { network: NODE }",
       [](SandboxFacts& f) { f.namespaces.network = NamespaceMode::kNode; }},
      {"pid", "namespace_options { pid: CONTAINER }",
       [](SandboxFacts& f) { f.namespaces.pid = NamespaceMode::kContainer; }},
      {"ipc", "namespace_options { ipc: NODE }",
       [](SandboxFacts& f) { f.namespaces.ipc = NamespaceMode::kNode; }},
      {"a target", "namespace_options { pid: TARGET target_id: 'c' }",
       [](SandboxFacts& f) {
         f.namespaces.pid = NamespaceMode::kTarget;
         f.namespaces.target_id = "c";
       }},
      {"a mode that the protocol lacks is taken for the node's", "namespace_options { ipc: 4 }",
       [](SandboxFacts& f) {
         f.namespaces.ipc = NamespaceMode::kNode;
         f.unknown = {{"config.linux.security_context.namespace_options.ipc: unknown value 4"}};
       }},
      {"an empty user namespace is there, of mode POD", "namespace_options { userns_options {} }",
       [](SandboxFacts& f) { f.namespaces.userns.emplace(); }},
      {"the node's user namespace", "namespace_options { userns_options { mode: NODE } }",
       [](SandboxFacts& f) { f.namespaces.userns.emplace().mode = NamespaceMode::kNode; }},
      {"mappings",
       "namespace_options { userns_options {"
       " uids { host_id: 65536 container_id: 1 length: 4294967295 } uids {}"
       " gids { host_id: 2 } } }",
       [](SandboxFacts& f) {
         f.namespaces.userns = {NamespaceMode::kPod, {{65536, 1, 4294967295}, {}}, {{2, 0, 0}}};
       }},
  };
  for (const Row& row : kRows) {
    CheckContext(row);
  }
}

TEST(SandboxFacts, Source) {
  constexpr struct {
    const char* value;
    PodSource expected;
  } kRows[] = {{"api", PodSource::kApi},          {"file", PodSource::kStatic},
               {"http", PodSource::kStatic},      {"", PodSource::kUnknown},
               {"API", PodSource::kUnknown},      {"file ", PodSource::kUnknown},
               {"file,http", PodSource::kUnknown}};
  for (const auto& row : kRows) {
    const auto config = testing::SandboxConfig({.source = row.value});
    EXPECT_EQ(FactsFrom(config, "", "config").pod.source, row.expected) << row.value;
  }
  EXPECT_EQ(FactsFrom(cri_v1::PodSandboxConfig(), "", "config").pod.source, PodSource::kUnknown);
}

TEST(SandboxFacts, OnlyTheKubeletsKeyIsTheSource) {
  // Users may write any of these on a pod of the API.
  auto config = testing::SandboxConfig({.source = "api"});
  (*config.mutable_annotations())["kubernetes.io/config.hash"] = "0123";
  (*config.mutable_annotations())["kubernetes.io/config.mirror"] = "0123";
  (*config.mutable_annotations())["Kubernetes.io/config.source"] = "file";
  (*config.mutable_labels())["kubernetes.io/config.source"] = "file";
  EXPECT_EQ(FactsFrom(config, "", "config").pod.source, PodSource::kApi);
}

TEST(SandboxFacts, HandlerAndPathAreTheCallers) {
  cri_v1::PodSandboxConfig config;
  auto& context = *config.mutable_linux()->mutable_security_context();
  context.GetReflection()->MutableUnknownFields(&context)->AddVarint(42, 0);
  const SandboxFacts facts = FactsFrom(config, "kata", "sandbox_config");
  EXPECT_EQ(facts.pod.runtime_handler, "kata");
  ASSERT_EQ(facts.unknown.size(), 1u);
  EXPECT_EQ(facts.unknown[0].path, "sandbox_config.linux.security_context: unknown field 42");
}

TEST(SandboxFacts, UnknownFieldsElsewhereDoNotStopANode) {
  cri_v1::PodSandboxConfig config;
  const auto add = [](google::protobuf::Message& message) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(42, 0);
  };
  add(config);
  add(*config.mutable_linux());
  add(*config.mutable_linux()->mutable_resources());
  add(*config.mutable_metadata());
  add(*config.add_port_mappings());
  EXPECT_TRUE(FactsFrom(config, "", "config") == SandboxFacts());
}

TEST(SandboxFacts, AKubeletsRequest) {
  const auto request = testing::RunPodSandbox({.runtime_handler = "runc"});
  const SandboxFacts facts = FactsFrom(request.config(), request.runtime_handler(), "config");
  EXPECT_EQ(facts.pod.name, "web-0");
  EXPECT_EQ(facts.pod.namespace_, "shop");
  EXPECT_EQ(facts.pod.source, PodSource::kApi);
  EXPECT_EQ(facts.pod.runtime_handler, "runc");
  EXPECT_EQ(facts.seccomp.type, ProfileType::kRuntimeDefault);
  EXPECT_EQ(facts.log_directory, "/var/log/pods/shop_web-0_" + facts.pod.uid);
  EXPECT_EQ(facts.cgroup_parent, "/kubepods/besteffort/pod" + facts.pod.uid);
  EXPECT_THAT(facts.unknown, ::testing::IsEmpty());
}

}  // namespace
}  // namespace sekisho::cri
