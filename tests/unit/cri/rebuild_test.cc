// What a runtime says of a sandbox that an earlier run of the agent saw.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"
#include "unit/cri/go_json.h"
#include "unit/cri/random_messages.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

// The status of a running sandbox, as containerd 1.6 gives it, with `info` as its verbose answer.
cri_v1::PodSandboxStatusResponse Response(const cri_v1::PodSandboxConfig& config,
                                          const std::string& info) {
  cri_v1::PodSandboxStatusResponse response;
  cri_v1::PodSandboxStatus& status = *response.mutable_status();
  status.set_id("0f6e2c5a");
  *status.mutable_metadata() = config.metadata();
  *status.mutable_labels() = config.labels();
  *status.mutable_annotations() = config.annotations();
  *status.mutable_linux()->mutable_namespaces()->mutable_options() =
      config.linux().security_context().namespace_options();
  status.set_runtime_handler("runc");
  if (!info.empty()) {
    (*response.mutable_info())["info"] = info;
  }
  return response;
}

std::string InfoOf(const cri_v1::PodSandboxConfig& config) {
  return nlohmann::json{{"pid", 4242}, {"processStatus", "running"}, {"config", GoJson(config)}}
      .dump();
}

// Of config fields only what the status itself says.
void ExpectStatusOnly(const absl::StatusOr<RebuiltSandbox>& rebuilt) {
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_FALSE(rebuilt->complete);
  policy::SandboxFacts expected = FactsFrom(testing::SandboxConfig({}), "runc", "sandbox_config");
  expected.cgroup_parent.clear();
  expected.log_directory.clear();
  expected.seccomp = {};
  EXPECT_TRUE(rebuilt->facts == expected);
}

// What containerd 1.6 answers for a pod with the usual things in its spec. "runtimeOptions" and
// "cniResult" are shortened.
constexpr char kContainerdInfo[] = R"({
  "pid": 1520, "processStatus": "running", "netNamespaceClosed": false,
  "image": "localhost/pause:1", "snapshotKey": "0f6e2c5a", "snapshotter": "overlayfs",
  "runtimeHandler": "", "runtimeType": "io.containerd.runc.v2",
  "runtimeOptions": {"systemd_cgroup": true},
  "config": {
    "metadata": {"name": "web-0", "uid": "5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a",
                 "namespace": "shop"},
    "hostname": "web-0",
    "log_directory": "/var/log/pods/shop_web-0_5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a",
    "dns_config": {"servers": ["10.96.0.10"], "searches": ["shop.svc.cluster.local"],
                   "options": ["ndots:5"]},
    "port_mappings": [{"container_port": 8080, "host_port": 80}, {"protocol": 1,
                       "container_port": 53}],
    "labels": {"app": "web", "containerd.io/x": "\u003c", "io.kubernetes.pod.name": "web-0"},
    "annotations": {"kubernetes.io/config.seen": "2026-01-01T00:00:00.000000000Z",
                    "kubernetes.io/config.source": "api", "note": "a \u003c b \u0026 c"},
    "linux": {
      "cgroup_parent": "/kubepods.slice/kubepods-burstable.slice",
      "security_context": {
        "namespace_options": {"pid": 1, "userns_options": {"uids": [{"host_id": 65536,
          "length": 65536}], "gids": [{"host_id": 65536, "length": 65536}]}},
        "selinux_options": {"level": "s0:c1,c2"},
        "run_as_user": {"value": 1000}, "run_as_group": {},
        "readonly_rootfs": true,
        "supplemental_groups": [2000, 9007199254740993],
        "seccomp": {}
      },
      "sysctls": {"kernel.shm_rmid_forced": "1"},
      "overhead": {"unified": {"memory.high": "1"}},
      "resources": {"cpu_period": 100000, "cpu_shares": 102, "memory_limit_in_bytes": 1048576,
                    "unified": {"memory.oom.group": "1"}}
    }
  },
  "runtimeSpec": {"ociVersion": "1.0.2-dev", "process": {"user": {"uid": 65535, "gid": 65535},
    "args": ["/pause"], "cwd": "/"}, "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}}},
  "cniResult": {"Interfaces": {"eth0": {"IPConfigs": [{"IP": "10.0.0.7", "Gateway": "10.0.0.1"}]}}}
})";

TEST(Rebuild, ContainerdsVerboseInfo) {
  const auto rebuilt = FactsFrom(Response(testing::SandboxConfig({}), kContainerdInfo));
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_TRUE(rebuilt->complete);
  policy::SandboxFacts expected;
  expected.pod = {
      "web-0", "shop", "5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a", 0, policy::PodSource::kApi, "runc"};
  expected.namespaces.pid = policy::NamespaceMode::kContainer;
  expected.namespaces.userns = {
      policy::NamespaceMode::kPod, {{65536, 0, 65536}}, {{65536, 0, 65536}}};
  expected.selinux = {"", "", "", "s0:c1,c2"};
  expected.run_as_user = 1000;
  expected.run_as_group = 0;
  expected.readonly_rootfs = true;
  expected.supplemental_groups = {2000, 9007199254740993};  // more than a double can hold
  expected.seccomp.type = policy::ProfileType::kRuntimeDefault;
  expected.sysctls = {{"kernel.shm_rmid_forced", "1"}};
  expected.annotations = {{"kubernetes.io/config.seen", "2026-01-01T00:00:00.000000000Z"},
                          {"kubernetes.io/config.source", "api"},
                          {"note", "a < b & c"}};
  expected.labels = {{"app", "web"}, {"containerd.io/x", "<"}};
  expected.unified_keys = {"memory.high", "memory.oom.group"};
  expected.host_ports = {80};
  expected.cgroup_parent = "/kubepods.slice/kubepods-burstable.slice";
  expected.log_directory = "/var/log/pods/shop_web-0_5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a";
  EXPECT_TRUE(rebuilt->facts == expected);
}

TEST(Rebuild, IsWhatRunPodSandboxShowed) {
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    cri_v1::PodSandboxConfig config;
    RandomMessages(seed, {}).Fill(config);
    *config.mutable_metadata() = testing::SandboxConfig({}).metadata();
    const auto rebuilt = FactsFrom(Response(config, InfoOf(config)));
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
    ASSERT_TRUE(rebuilt->complete) << InfoOf(config);
    ASSERT_TRUE(rebuilt->facts == FactsFrom(config, "runc", "sandbox_config")) << InfoOf(config);
  }
}

TEST(Rebuild, AnUnknownEnumValueStaysUnknown) {
  auto config = testing::SandboxConfig({});
  auto& options = *config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
  options.set_network(static_cast<cri_v1::NamespaceMode>(9));
  const auto rebuilt = FactsFrom(Response(config, InfoOf(config)));
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->facts.namespaces.network, policy::NamespaceMode::kNode);
  EXPECT_EQ(rebuilt->facts.unknown.size(), 1u);
}

TEST(Rebuild, WithoutInfoOnlyTheStatusIsKnown) {
  ExpectStatusOnly(FactsFrom(Response(testing::SandboxConfig({}), "")));
}

// So a label that is the runtime's own is seen without the info, and a cgroup key is not.
TEST(Rebuild, LabelsAreInTheStatusAndCgroupKeysAreNot) {
  auto config = testing::SandboxConfig({});
  (*config.mutable_labels())["containerd.io/x"] = "1";
  (*config.mutable_linux()->mutable_resources()->mutable_unified())["io.max"] = "1";
  const auto rebuilt = FactsFrom(Response(config, ""));
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_FALSE(rebuilt->complete);
  EXPECT_THAT(rebuilt->facts.labels,
              ::testing::ElementsAre(::testing::Pair("containerd.io/x", "1")));
  EXPECT_THAT(rebuilt->facts.unified_keys, ::testing::IsEmpty());
}

struct ErrorRow {
  const char* why;
  void (*edit)(cri_v1::PodSandboxStatusResponse&);
};

TEST(Rebuild, NobodysSandboxIsAnError) {
  constexpr ErrorRow kRows[] = {
      {"no status", [](auto& r) { r.clear_status(); }},
      {"no id", [](auto& r) { r.mutable_status()->clear_id(); }},
      {"no metadata", [](auto& r) { r.mutable_status()->clear_metadata(); }},
      {"no name", [](auto& r) { r.mutable_status()->mutable_metadata()->clear_name(); }},
      {"no namespace", [](auto& r) { r.mutable_status()->mutable_metadata()->clear_namespace_(); }},
      {"no uid", [](auto& r) { r.mutable_status()->mutable_metadata()->clear_uid(); }},
      {"another name", [](auto& r) { r.mutable_status()->mutable_metadata()->set_name("x"); }},
      {"another namespace",
       [](auto& r) { r.mutable_status()->mutable_metadata()->set_namespace_("x"); }},
      {"another uid", [](auto& r) { r.mutable_status()->mutable_metadata()->set_uid("x"); }},
      {"another attempt", [](auto& r) { r.mutable_status()->mutable_metadata()->set_attempt(1); }},
      {"a config of nobody", [](auto& r) { (*r.mutable_info())["info"] = R"({"config":{}})"; }},
      {"null for metadata",
       [](auto& r) { (*r.mutable_info())["info"] = R"({"config":{"metadata":null}})"; }},
  };
  const auto config = testing::SandboxConfig({});
  ASSERT_TRUE(FactsFrom(Response(config, InfoOf(config))).ok());
  for (const ErrorRow& row : kRows) {
    auto response = Response(config, InfoOf(config));
    row.edit(response);
    EXPECT_FALSE(FactsFrom(response).ok()) << row.why;
  }
}

struct TextRow {
  const char* why;
  std::string info;
};

std::string Nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

// The good info, cut before its last brace, and then something.
std::string GoodAnd(const std::string& rest) {
  std::string text = InfoOf(testing::SandboxConfig({}));
  text.pop_back();
  return text + rest;
}

TEST(Rebuild, InfoThatCannotBeReadIsNoInfo) {
  const TextRow rows[] = {
      {"no JSON", "running"},
      {"cut off", GoodAnd("")},
      {"two documents", GoodAnd("}{}")},
      {"no object", "[]"},
      {"null", "null"},
      {"no config", R"({"pid":1})"},
      {"config null", R"({"config":null})"},
      {"config a list", R"({"config":[{}]})"},
      {"config a text", R"({"config":"{}"})"},
      {"a text for a message", R"({"config":{"metadata":"web-0"}})"},
      {"a list for a message", R"({"config":{"linux":[]}})"},
      {"a number for a list", R"({"config":{"port_mappings":7}})"},
      {"a message for a text", R"({"config":{"hostname":{}}})"},
      {"a list for a map", R"({"config":{"annotations":["a"]}})"},
      {"a map of messages", R"({"config":{"annotations":{"a":{}}}})"},
      {"a text for a bool", R"({"config":{"linux":{"security_context":{"privileged":"maybe"}}}})"},
      {"an enum nobody knows",
       R"({"config":{"linux":{"security_context":{"namespace_options":{"pid":"HOST"}}}}})"},
      {"a number too large", R"({"config":{"metadata":{"attempt":4294967296}}})"},
      {"a number below zero", R"({"config":{"metadata":{"attempt":-1}}})"},
      {"a field nobody knows, as a newer containerd may have", R"({"config":{"new_field":1}})"},
      {"one in the security context",
       R"({"config":{"linux":{"security_context":{"host_everything":true}}}})"},
      {"the last of two configs counts", GoodAnd(R"(,"config":7})")},
      {"deep", Nested(1 << 20)},
      {"deep in the config", "{\"config\":{\"metadata\":" + Nested(1 << 20) + "}}"},
      {"deep in objects",
       [] {
         std::string text = "{\"config\":";
         for (int i = 0; i < (1 << 18); ++i) {
           text += "{\"linux\":";
         }
         return text + "1" + std::string((1 << 18) + 1, '}');
       }()},
      {"deep and cut off", std::string(1 << 21, '[')},
      {"larger than is read", GoodAnd(std::string(4 << 20, ' ') + "}")},
  };
  for (const TextRow& row : rows) {
    SCOPED_TRACE(row.why);
    ExpectStatusOnly(FactsFrom(Response(testing::SandboxConfig({}), row.info)));
  }
}

TEST(Rebuild, WhatIsNotTheConfigMayBeAnything) {
  const std::string brackets(1000, '[');
  const TextRow rows[] = {
      {"another type", GoodAnd(R"(,"pid":"x","runtimeSpec":[1]})")},
      {"spaces", GoodAnd(std::string(1 << 20, ' ') + "}")},
      {"brackets in a text", GoodAnd(R"(,"image":")" + brackets + "\"}")},
      {"after a quote in a text", GoodAnd(R"(,"image":"\")" + brackets + "\"}")},
      {"after a backslash at its end",
       GoodAnd(R"(,"image":"\\","snapshotKey":")" + brackets + "\"}")},
      {"many side by side",
       [] {
         std::string text = ",\"runtimeOptions\":[";
         for (int i = 0; i < 1000; ++i) {
           text += "{},";
         }
         return GoodAnd(text + "{}]}");
       }()},
  };
  for (const TextRow& row : rows) {
    const auto rebuilt = FactsFrom(Response(testing::SandboxConfig({}), row.info));
    ASSERT_TRUE(rebuilt.ok()) << row.why;
    EXPECT_TRUE(rebuilt->complete) << row.why;
  }
}

// Every prefix, and every byte overwritten: never more than "not complete" or an error, and when it
// is complete the pod is still the status's.
TEST(Rebuild, DamagedInfo) {
  const auto config = testing::SandboxConfig({});
  const std::string good = InfoOf(config);
  const auto check = [&config](const std::string& info) {
    const auto rebuilt = FactsFrom(Response(config, info));
    if (rebuilt.ok()) {
      EXPECT_EQ(rebuilt->facts.pod.uid, config.metadata().uid());
      EXPECT_EQ(rebuilt->facts.pod.namespace_, "shop");
    }
  };
  for (size_t i = 0; i < good.size(); ++i) {
    check(good.substr(0, i));
    for (const char byte : {'"', '{', '}', '9', '\xff', '\0'}) {
      std::string damaged = good;
      damaged[i] = byte;
      check(damaged);
    }
  }
}

}  // namespace
}  // namespace sekisho::cri
