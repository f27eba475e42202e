// What a runtime says of a container beyond CRI's own fields.
#include "cri/container_info.h"

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

cri_v1::ContainerConfig Config() {
  return testing::CreateContainer("sandbox", {}, {}).config();
}

// The status of a running container, with `info` as the runtime's verbose answer.
cri_v1::ContainerStatusResponse Response(const cri_v1::ContainerConfig& config,
                                         const std::string& info) {
  cri_v1::ContainerStatusResponse response;
  cri_v1::ContainerStatus& status = *response.mutable_status();
  status.set_id("0f6e2c5a");
  *status.mutable_metadata() = config.metadata();
  status.mutable_image()->set_image("localhost/busybox:1");
  *status.mutable_labels() = config.labels();
  *status.mutable_annotations() = config.annotations();
  *status.mutable_mounts() = config.mounts();
  if (!info.empty()) {
    (*response.mutable_info())["info"] = info;
  }
  return response;
}

std::string InfoOf(const cri_v1::ContainerConfig& config) {
  return nlohmann::json{{"pid", 4242},
                        {"runtimeType", "io.containerd.runc.v2"},
                        {"config", GoJson(config)},
                        {"runtimeSpec", {{"process", {{"noNewPrivileges", true}}}}}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ContainerInfo MustRead(const cri_v1::ContainerStatusResponse& response) {
  absl::StatusOr<ContainerInfo> info = InfoFrom(response);
  EXPECT_TRUE(info.ok()) << info.status();
  return info.ok() ? *std::move(info) : ContainerInfo{};
}

// What containerd 1.6 answers, shortened: a variable with bytes that are no text, an empty message
// for RuntimeDefault, and another one for user 0.
constexpr char kContainerdInfo[] = R"({
  "sandboxID": "ede70e05", "pid": 422, "removing": false, "snapshotter": "overlayfs",
  "runtimeType": "io.containerd.runc.v2", "runtimeOptions": null,
  "config": {"metadata": {"name": "web"}, "image": {"image": "sha256:b64a"},
    "command": ["/bin/sh", "-c", "sleep 100000"],
    "envs": [{"key": "SECRET_TOKEN", "value": "hunter2-\ufffd-not-text"}],
    "mounts": [{"container_path": "/etc/hosts", "host_path": "/var/lib/kubelet/pods/x/etc-hosts"}],
    "labels": {"io.kubernetes.container.name": "web"}, "log_path": "web/0.log",
    "linux": {"resources": {"cpu_period": 100000, "cpu_shares": 2, "oom_score_adj": 1000},
      "security_context": {"capabilities": {"drop_capabilities": ["NET_RAW"]},
        "namespace_options": {"pid": 1, "userns_options": {"mode": 2}}, "run_as_user": {},
        "masked_paths": ["/proc/asound"], "seccomp": {}}}},
  "runtimeSpec": {"ociVersion": "1.0.2-dev", "linux": {"seccomp": {"defaultAction": "x"}}}
})";

TEST(ContainerInfo, ContainerdsVerboseInfo) {
  const ContainerInfo info = MustRead(Response(Config(), kContainerdInfo));
  EXPECT_EQ(info.pid, 422);
  EXPECT_EQ(info.runtime_type, "io.containerd.runc.v2");
  EXPECT_TRUE(info.config_known);
  policy::ContainerFacts expected;
  expected.name = "web";
  expected.image = "sha256:b64a";
  expected.capabilities_drop = {"NET_RAW"};
  expected.namespaces.pid = policy::NamespaceMode::kContainer;
  expected.namespaces.userns = {policy::NamespaceMode::kNode, {}, {}};
  expected.run_as_user = 0;
  expected.masked_paths = {"/proc/asound"};
  expected.seccomp.type = policy::ProfileType::kRuntimeDefault;
  expected.oom_score_adj = 1000;
  expected.mounts.resize(1);
  expected.mounts[0].container_path = "/etc/hosts";
  expected.mounts[0].host_path = "/var/lib/kubelet/pods/x/etc-hosts";
  EXPECT_TRUE(info.facts == expected);
}

TEST(ContainerInfo, IsWhatCreateContainerShowed) {
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    cri_v1::ContainerConfig config;
    RandomMessages(seed, {}).Fill(config);
    *config.mutable_metadata() = Config().metadata();
    const ContainerInfo info = MustRead(Response(config, InfoOf(config)));
    ASSERT_TRUE(info.config_known) << InfoOf(config);
    ASSERT_TRUE(info.facts == FactsFrom(config)) << InfoOf(config);
  }
}

TEST(ContainerInfo, AnUnknownEnumValueStaysUnknown) {
  cri_v1::ContainerConfig config = Config();
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
      static_cast<cri_v1::NamespaceMode>(9));
  const ContainerInfo info = MustRead(Response(config, InfoOf(config)));
  EXPECT_TRUE(info.config_known);
  EXPECT_EQ(info.facts.unknown.size(), 1u);
}

TEST(ContainerInfo, WithoutAConfigOnlyTheStatusIsKnown) {
  cri_v1::ContainerConfig config = Config();
  (*config.mutable_annotations())["note"] = "x";
  const struct {
    const char* why;
    std::string info;
    pid_t pid;
  } kRows[] = {
      {"no info", "", 0},
      {"CRI-O", R"({"sandboxID":"s","pid":7,"runtimeSpec":{"process":{}},"privileged":true})", 7},
      {"another container's", R"({"pid":7,"config":{"metadata":{"name":"other"}}})", 7},
      {"another attempt's", R"({"pid":7,"config":{"metadata":{"name":"web","attempt":3}}})", 7},
      {"nobody's", R"({"pid":7,"config":{}})", 7},
      {"a field that this build does not know",
       R"({"pid":7,"config":{"metadata":{"name":"web"},"future":1}})", 7},
      {"null", R"({"pid":7,"config":null})", 7},
      {"no JSON", "running", 0},
      {"too deep", R"({"pid":7,"x":)" + std::string(200, '[') + std::string(200, ']') + "}", 0},
      {"too long", R"({"pid":7})" + std::string(5 << 20, ' '), 0},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    const ContainerInfo info = MustRead(Response(config, row.info));
    EXPECT_FALSE(info.config_known);
    EXPECT_EQ(info.pid, row.pid);
    EXPECT_EQ(info.facts.name, "web");
    EXPECT_EQ(info.facts.image, "localhost/busybox:1");
    EXPECT_EQ(info.facts.annotations.at("note"), "x");
    EXPECT_EQ(info.facts.mounts.size(), static_cast<size_t>(config.mounts_size()));
    EXPECT_EQ(info.facts.seccomp.type, policy::ProfileType::kAbsent);
  }
}

TEST(ContainerInfo, APidIsANumberThatCanBeOne) {
  const struct {
    const char* pid;
    pid_t read;
  } kRows[] = {
      {"1", 1},    {"0", 0},          {"-1", 0},         {"\"7\"", 0}, {"1.5", 0},
      {"null", 0}, {"4294967296", 0}, {"2147483648", 0}, {"true", 0},  {"2147483647", 2147483647}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.pid);
    const std::string json = std::string(R"({"pid":)") + row.pid + "}";
    EXPECT_EQ(MustRead(Response(Config(), json)).pid, row.read);
    cri_v1::PodSandboxStatusResponse sandbox;
    (*sandbox.mutable_info())["info"] = json;
    EXPECT_EQ(PidFrom(sandbox), row.read);
  }
}

TEST(ContainerInfo, NobodysStatusIsAnError) {
  cri_v1::ContainerStatusResponse response = Response(Config(), "");
  response.mutable_status()->clear_id();
  EXPECT_FALSE(InfoFrom(response).ok());
  response = Response(Config(), "");
  response.mutable_status()->clear_metadata();
  EXPECT_FALSE(InfoFrom(response).ok());
}

}  // namespace
}  // namespace sekisho::cri
