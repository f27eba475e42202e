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
      {"labels are compared elsewhere", "labels { key: 'io.kubernetes.pod.uid' value: 'u' }"},
      {"an annotation that nobody reads", "annotations { key: 'a' value: 'b' }"},
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
      {"17: no check is about it", "supplemental_groups_policy: Strict"},
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

struct PortsRow {
  const char* why;
  std::string annotation;
  std::vector<int32_t> ports = {};
  bool unreadable = false;
};

TEST(ContainerFacts, PortsAnnotation) {
  const PortsRow rows[] = {
      {"none", "[]"},
      {"as a kubelet writes it",
       R"([{"name":"web","hostPort":8080,"containerPort":80,"protocol":"TCP"}])",
       {8080}},
      {"container ports only", R"([{"containerPort":80,"protocol":"TCP"}])"},
      {"zero is no host port", R"([{"hostPort":0}])"},
      {"several", R"([{"hostPort":9},{"containerPort":1},{"hostPort":8}])", {9, 8}},
      {"Go keeps the last of two equal keys", R"([{"hostPort":0,"hostPort":7}])", {7}},
      {"negative is not zero", R"([{"hostPort":-1}])", {-1}},
      {"empty", "", {}, true},
      {"no JSON", "8080", {}, true},
      {"cut off", R"([{"hostPort":80)", {}, true},
      {"null", "null", {}, true},
      {"an object", R"({"hostPort":80})", {}, true},
      {"a number for a port", "[80]", {}, true},
      {"a text for a number", R"([{"hostPort":"80"}])", {}, true},
      {"a fraction", R"([{"hostPort":80.0}])", {}, true},
      {"true", R"([{"hostPort":true}])", {}, true},
      {"null for a number", R"([{"hostPort":null}])", {}, true},
      {"more than 32 bits, the low ones zero", R"([{"hostPort":4294967296}])", {}, true},
      {"more than 63 bits", R"([{"hostPort":18446744069414584320}])", {}, true},
      {"more than 64 bits", R"([{"hostPort":36893488147419103232}])", {}, true},
      {"no UTF-8", "[{\"name\":\"\xff\"}]", {}, true},
      {"very deep", std::string(200 * 1024, '['), {}, true},
      {"very deep and well formed", std::string(99999, '[') + std::string(99999, ']'), {}, true},
      {"as large as is read", "[" + std::string(256 * 1024 - 2, ' ') + "]"},
      {"larger", "[" + std::string(256 * 1024 - 1, ' ') + "]", {}, true},
  };
  for (const PortsRow& row : rows) {
    SCOPED_TRACE(row.why);
    cri_v1::ContainerConfig config;
    (*config.mutable_annotations())["io.kubernetes.container.ports"] = row.annotation;
    const ContainerFacts facts = FactsFrom(config);
    EXPECT_EQ(facts.host_ports, row.ports);
    EXPECT_EQ(facts.ports_annotation_unreadable, row.unreadable);
  }
}

TEST(ContainerFacts, PortsBeforeTheUnreadableOneStillCount) {
  cri_v1::ContainerConfig config;
  (*config.mutable_annotations())["io.kubernetes.container.ports"] = R"([{"hostPort":80},1])";
  const ContainerFacts facts = FactsFrom(config);
  EXPECT_THAT(facts.host_ports, ::testing::ElementsAre(80));
  EXPECT_TRUE(facts.ports_annotation_unreadable);
}

TEST(ContainerFacts, UnknownFieldsCountInTheSecurityContextOnly) {
  auto request = testing::CreateContainer("id", {}, {});
  const auto add = [](google::protobuf::Message& message, int number) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 0);
  };
  cri_v1::ContainerConfig& config = *request.mutable_config();
  add(config, 40);
  add(*config.mutable_linux(), 41);
  add(*config.mutable_linux()->mutable_resources(), 42);
  add(*config.mutable_mounts(0), 43);
  EXPECT_THAT(FactsFrom(config).unknown, ::testing::IsEmpty());
  add(*config.mutable_linux()->mutable_security_context()->mutable_capabilities(), 44);
  const ContainerFacts facts = FactsFrom(config);
  ASSERT_EQ(facts.unknown.size(), 1u);
  EXPECT_EQ(facts.unknown[0].path, "config.linux.security_context.capabilities: unknown field 44");
}

TEST(ContainerFacts, AKubeletsRequest) {
  auto request = testing::CreateContainer("id", {}, {});
  ContainerFacts facts = FactsFrom(request.config());
  EXPECT_EQ(facts.name, "web");
  EXPECT_EQ(facts.user_specified_image, "localhost/busybox:1");
  EXPECT_EQ(facts.seccomp.type, ProfileType::kUnconfined);
  EXPECT_EQ(facts.run_as_user, 0);
  EXPECT_THAT(facts.masked_paths, ::testing::Contains("/proc/kcore"));
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
