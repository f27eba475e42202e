// Nodes as they are found, and what becomes of their files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "install/kubelet_setup.h"
#include "unit/install/node_tree.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr char kPlainUnit[] =
    "[Unit]\n"
    "Description=kubelet: The Kubernetes Node Agent\n"
    "Wants=network-online.target\n"
    "\n"
    "[Service]\n"
    "ExecStart=/usr/bin/kubelet\n"
    "Restart=always\n"
    "RestartSec=10\n"
    "\n"
    "[Install]\n"
    "WantedBy=multi-user.target\n";
constexpr char kKubeadm[] =
    "# Note: This dropin only works with kubeadm and kubelet v1.11+\n"
    "[Service]\n"
    "Environment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/b.conf "
    "--kubeconfig=/etc/kubernetes/kubelet.conf\"\n"
    "Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n"
    "# This is a file that \"kubeadm init\" and \"kubeadm join\" generates at runtime\n"
    "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
    "# --container-runtime-endpoint=unix:///run/containerd/containerd.sock may stand here, too\n"
    "EnvironmentFile=-/etc/default/kubelet\n"
    "ExecStart=\n"
    "ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS "
    "$KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n";
constexpr char kConfigHead[] =
    "apiVersion: kubelet.config.k8s.io/v1beta1\n"
    "authentication:\n"
    "  anonymous:\n"
    "    enabled: false\n"
    "cgroupDriver: systemd\n"
    "kind: KubeletConfiguration\n";
constexpr char kOurHead[] =
    "# Made by \"sekisho install\", removed by \"sekisho uninstall\". What is written here is "
    "lost.\n"
    "[Service]\n";

// kubeadm's unit and drop-in, and what else is there.
Files Kubeadm(Files more) {
  more.insert({{kUnit, kPlainUnit}, {kKubeadmDropIn, kKubeadm}});
  return more;
}
// One unit of its own.
std::string UnitWith(const std::string& service) {
  return StrCat("[Unit]\nAfter=containerd.service\n[Service]\n", service, "\nRestart=always\n");
}
std::string Config(const std::string& more) {
  return StrCat(kConfigHead, more);
}
std::string Ours(const std::string& lines) {
  return StrCat(kOurHead, lines);
}

struct Node {
  const char* name;
  Files files;
  Files changed;  // afterwards; all others are as before
  std::string from = kContainerd;
  // Pointing back gives the very bytes. Not where a key was added: it stays, with the old value.
  bool reversible = true;
};

void PrintTo(const Node& node, std::ostream* out) {
  *out << node.name;
}

std::vector<Node> KubeadmNodes() {
  return {
      {"flags_env_before_1_32",
       Kubeadm({{kConfig, kConfigHead},
                {kFlagsEnv,
                 "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/"
                 "containerd.sock --pod-infra-container-image=pause:3.9\"\n"}}),
       {{kFlagsEnv,
         "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock "
         "--pod-infra-container-image=pause:3.9\"\n"}}},
      {"node_local_cri_socket",
       Kubeadm({{kConfig, Config("containerRuntimeEndpoint: "
                                 "unix:///run/containerd/containerd.sock\nstaticPodPath: /x\n")},
                {kInstance,
                 "apiVersion: kubelet.config.k8s.io/v1beta1\ncontainerRuntimeEndpoint: "
                 "\"unix:///run/containerd/containerd.sock\" # this node\n"
                 "kind: KubeletConfiguration\n"},
                {kFlagsEnv, "KUBELET_KUBEADM_ARGS=\"\"\n"}}),
       {{kConfig, Config("containerRuntimeEndpoint: unix:///run/sekisho/sekisho.sock\n"
                         "staticPodPath: /x\n")},
        {kInstance,
         "apiVersion: kubelet.config.k8s.io/v1beta1\ncontainerRuntimeEndpoint: "
         "\"unix:///run/sekisho/sekisho.sock\" # this node\nkind: KubeletConfiguration\n"}}},
      {"etc_default_kubelet_over_two_lines_crlf",
       Kubeadm({{kConfig, kConfigHead},
                {kDefaults,
                 "# KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:///run/containerd/"
                 "containerd.sock\r\nKUBELET_EXTRA_ARGS='--node-ip=10.0.0.1\n"
                 "--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock'\r\n"}}),
       {{kDefaults,
         "# KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:///run/containerd/"
         "containerd.sock\r\nKUBELET_EXTRA_ARGS='--node-ip=10.0.0.1\n"
         "--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock'\r\n"}},
       "unix:///var/run/containerd/containerd.sock"},
      {"flag_and_config_differ_only_the_flag_counts_and_changes",
       Kubeadm({{kConfig, Config("containerRuntimeEndpoint: unix:///run/crio/crio.sock\n")},
                {kFlagsEnv,
                 "KUBELET_KUBEADM_ARGS=--container-runtime-endpoint "
                 "unix:///run/containerd/containerd.sock\n"}}),
       {{kFlagsEnv,
         "KUBELET_KUBEADM_ARGS=--container-runtime-endpoint unix:///run/sekisho/sekisho.sock\n"}}},
      {"flag_and_config_agree_both_change",
       Kubeadm({{kConfig, Config("containerRuntimeEndpoint: '/run/containerd/containerd.sock'\n")},
                {kFlagsEnv,
                 "KUBELET_KUBEADM_ARGS=--container_runtime_endpoint="
                 "/run/containerd/containerd.sock"}}),
       {{kConfig, Config("containerRuntimeEndpoint: 'unix:///run/sekisho/sekisho.sock'\n")},
        {kFlagsEnv,
         "KUBELET_KUBEADM_ARGS=--container_runtime_endpoint=unix:///run/sekisho/sekisho.sock"}},
       "/run/containerd/containerd.sock"},
      {"the_flag_twice_and_in_a_hidden_assignment",
       Kubeadm({{kConfig, kConfigHead},
                {kFlagsEnv,
                 "KUBELET_KUBEADM_ARGS=--container-runtime-endpoint=unix:///run/containerd/"
                 "containerd.sock\n"
                 "KUBELET_KUBEADM_ARGS=\"--v=2 --container-runtime-endpoint=unix:///run/containerd/"
                 "containerd.sock --container-runtime-endpoint=unix:///run/containerd/"
                 "containerd.sock\"\n"}}),
       {{kFlagsEnv,
         "KUBELET_KUBEADM_ARGS=--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock\n"
         "KUBELET_KUBEADM_ARGS=\"--v=2 --container-runtime-endpoint=unix:///run/sekisho/"
         "sekisho.sock --container-runtime-endpoint=unix:///run/sekisho/sekisho.sock\"\n"}}},
      {"image_endpoint_equal_changes_as_well",
       Kubeadm(
           {{kConfig, Config("containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n"
                             "imageServiceEndpoint: unix:///run/containerd/containerd.sock\n")}}),
       {{kConfig, Config("containerRuntimeEndpoint: unix:///run/sekisho/sekisho.sock\n"
                         "imageServiceEndpoint: unix:///run/sekisho/sekisho.sock\n")}}},
      {"image_endpoint_different_stays",
       Kubeadm(
           {{kConfig, Config("containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n"
                             "imageServiceEndpoint: unix:///run/stargz/grpc.sock\n")}}),
       {{kConfig, Config("containerRuntimeEndpoint: unix:///run/sekisho/sekisho.sock\n"
                         "imageServiceEndpoint: unix:///run/stargz/grpc.sock\n")}}},
  };
}

std::vector<Node> UnitNodes() {
  return {
      {"flag_in_exec_start_over_continued_lines",
       {{kUnit,
         UnitWith("# --container-runtime-endpoint=unix:///other.sock\n"
                  "ExecStart=/usr/bin/kubelet \\\n"
                  "  --config=/etc/kubelet.yaml \\\n"
                  "# a comment in between\n"
                  "  --container-runtime-endpoint=unix:///run/containerd/containerd.sock \\\n"
                  "  \"--node-labels=a=b,c=$$d\" --eviction-hard=memory.available<5%%")},
        {"/etc/kubelet.yaml", kConfigHead}},
       {{kOurDropIn, Ours("ExecStart=\n"
                          "ExecStart=/usr/bin/kubelet    --config=/etc/kubelet.yaml    "
                          "--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock    "
                          "\"--node-labels=a=b,c=$$d\" --eviction-hard=memory.available<5%%\n")}}},
      {"flag_in_environment_of_a_unit",
       {{kUnit, UnitWith("Environment=\"A=1\" \"KUBELET_ARGS=--v=2 --container-runtime-endpoint="
                         "unix:///run/containerd/containerd.sock\" B='2 3'\n"
                         "ExecStart=/usr/bin/kubelet $KUBELET_ARGS --hostname-override=${A}")}},
       {{kOurDropIn, Ours("Environment=\"KUBELET_ARGS=--v=2 --container-runtime-endpoint="
                          "unix:///run/sekisho/sekisho.sock\"\n")}}},
      {"endpoint_alone_in_a_variable_of_a_file",
       {{kUnit, UnitWith("EnvironmentFile=/etc/kubernetes/env\n"
                         "ExecStart=@/usr/bin/kubelet kubelet --container-runtime-endpoint ${CRI} "
                         "--image-service-endpoint=${CRI}")},
        {"/etc/kubernetes/env", "CRI = \"unix:///run/containerd/containerd.sock\"\n"}},
       {{"/etc/kubernetes/env", "CRI = \"unix:///run/sekisho/sekisho.sock\"\n"}}},
      {"eks_config_json_and_a_drop_in",
       {{kUnit, UnitWith("ExecStart=/usr/bin/kubelet --config /etc/kubernetes/kubelet/"
                         "kubelet-config.json \\\n    $KUBELET_ARGS $KUBELET_EXTRA_ARGS")},
        {kKubeadmDropIn,
         "[Service]\nEnvironment='KUBELET_ARGS=--node-ip=10.0.0.7 "
         "--container-runtime-endpoint=unix:///run/containerd/containerd.sock'\n"},
        {"/etc/kubernetes/kubelet/kubelet-config.json",
         "{\n  \"kind\": \"KubeletConfiguration\",\n"
         "  \"apiVersion\": \"kubelet.config.k8s.io/v1beta1\"\n}\n"}},
       {{kOurDropIn, Ours("Environment='KUBELET_ARGS=--node-ip=10.0.0.7 "
                          "--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock'\n")}}},
      {"unit_with_crlf",
       {{kUnit,
         "[Service]\r\nExecStart=/usr/bin/kubelet \\\r\n "
         "--container-runtime-endpoint=unix:///run/containerd/containerd.sock\r\n"}},
       {{kOurDropIn, Ours("ExecStart=\nExecStart=/usr/bin/kubelet   --container-runtime-endpoint="
                          "unix:///run/sekisho/sekisho.sock\n")}}},
      {"nothing_set_and_no_config",
       {{kUnit, UnitWith("ExecStart=-/usr/bin/kubelet --v=2 --register-node")}},
       {{kOurDropIn, Ours("ExecStart=\nExecStart=-/usr/bin/kubelet --container-runtime-endpoint="
                          "unix:///run/sekisho/sekisho.sock --v=2 --register-node\n")}}},
  };
}

std::vector<Node> ConfigNodes() {
  const std::string unit = UnitWith("ExecStart=/usr/bin/kubelet --config=/c");
  const std::string line = "containerRuntimeEndpoint: unix:///run/sekisho/sekisho.sock";
  const std::string json =
      "{\"kind\":\"KubeletConfiguration\",\"apiVersion\":"
      "\"kubelet.config.k8s.io/v1beta1\"";
  return {
      {"key_added",
       {{kUnit, unit}, {"/c", kConfigHead}},
       {{"/c", Config(line + "\n")}},
       kContainerd,
       false},
      {"key_added_without_a_final_newline",
       {{kUnit, unit}, {"/c", Config("staticPodPath: /etc")}},
       {{"/c", Config("staticPodPath: /etc\n" + line + "\n")}},
       kContainerd,
       false},
      {"key_added_before_the_end_marker",
       {{kUnit, unit}, {"/c", StrCat("---\n", kConfigHead, "...\n# the end\n")}},
       {{"/c", StrCat("---\n", kConfigHead, line, "\n...\n# the end\n")}},
       kContainerd,
       false},
      {"key_is_there_but_empty",
       {{kUnit, unit}, {"/c", Config("containerRuntimeEndpoint: \"\" # default\n")}},
       {{"/c", Config("containerRuntimeEndpoint: \"unix:///run/sekisho/sekisho.sock\" "
                      "# default\n")}},
       kContainerd,
       false},
      {"key_added_to_json",
       {{kUnit, unit}, {"/c", json + "}"}},
       {{"/c", StrCat("{\"containerRuntimeEndpoint\": \"", kSekisho, "\", ", json.substr(1), "}")}},
       kContainerd,
       false},
      {"json",
       {{kUnit, unit},
        {"/c",
         json + ", \"containerRuntimeEndpoint\":\"unix:///run/containerd/containerd.sock\"}"}},
       {{"/c", StrCat(json, ", \"containerRuntimeEndpoint\":\"", kSekisho, "\"}")}}},
      {"crlf",
       {{kUnit, unit},
        {"/c",
         "kind: KubeletConfiguration\r\napiVersion: kubelet.config.k8s.io/v1beta1\r\n"
         "containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\r\n"}},
       {{"/c", StrCat("kind: KubeletConfiguration\r\napiVersion: kubelet.config.k8s.io/v1beta1\r\n",
                      line, "\r\n")}}},
      {"only_the_instance_config_names_it",
       {{kUnit, unit},
        {"/c", kConfigHead},
        {kInstance, Config("containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n")}},
       {{"/c", Config(line + "\n")}, {kInstance, Config(line + "\n")}},
       kContainerd,
       false},
      {"drop_ins_of_config_dir",
       {{kUnit, UnitWith("ExecStart=/usr/bin/kubelet --config=/c --config-dir=/d")},
        {"/c", Config("containerRuntimeEndpoint: unix:///run/crio/crio.sock\n")},
        {"/d/10-a.conf",
         Config("containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n")},
        {"/d/20-b.conf", Config("maxPods: 20\n")},
        {"/d/30-c.yaml", "containerRuntimeEndpoint: not read\n"}},
       {{"/d/10-a.conf", Config(line + "\n")}}},
  };
}

class PointKubeletTest : public ::testing::TestWithParam<Node> {};

TEST_P(PointKubeletTest, ChangesTheEndpointAndNothingElse) {
  const Node& node = GetParam();
  const NodeTree tree(node.files);
  const absl::StatusOr<std::vector<FileChange>> changes = tree.Point(node.from, kSekisho);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_NO_FATAL_FAILURE(tree.Apply(*changes));
  Files want = node.files;
  for (const auto& [path, text] : node.changed) {
    want[path] = text;
  }
  EXPECT_EQ(tree.All(), want);

  const absl::StatusOr<KubeletSetup> setup = tree.Setup();
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->runtime_endpoint, kSekisho);
  EXPECT_THAT(RuntimeEndpointOf(setup->argv, tree.root()).value(), kSekisho);

  const absl::StatusOr<std::vector<FileChange>> again = tree.Point(node.from, kSekisho);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->empty()) << again->front().path;
}

TEST_P(PointKubeletTest, AndBack) {
  const Node& node = GetParam();
  const NodeTree tree(node.files);
  const absl::StatusOr<std::vector<FileChange>> changes = tree.Point(node.from, kSekisho);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_NO_FATAL_FAILURE(tree.Apply(*changes));
  const absl::StatusOr<std::vector<FileChange>> back = tree.Point(kSekisho, node.from);
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_NO_FATAL_FAILURE(tree.Apply(*back));
  EXPECT_EQ(tree.Setup()->runtime_endpoint, node.from);
  EXPECT_FALSE(tree.Has(kOurDropIn));
  if (node.reversible) {
    EXPECT_EQ(tree.All(), node.files);
  }
}

INSTANTIATE_TEST_SUITE_P(Kubeadm, PointKubeletTest, ::testing::ValuesIn(KubeadmNodes()),
                         [](const auto& row) { return std::string(row.param.name); });
INSTANTIATE_TEST_SUITE_P(Unit, PointKubeletTest, ::testing::ValuesIn(UnitNodes()),
                         [](const auto& row) { return std::string(row.param.name); });
INSTANTIATE_TEST_SUITE_P(Config, PointKubeletTest, ::testing::ValuesIn(ConfigNodes()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PointKubeletFilesTest, ChangesTheFileThatALinkLeadsTo) {
  const NodeTree tree(
      Kubeadm({{"/var/lib/real/config.yaml", Config("containerRuntimeEndpoint: "
                                                    "unix:///run/containerd/containerd.sock\n")}}));
  tree.Link("/etc/link.yaml", "/var/lib/real/config.yaml");  // absolute: below the root
  tree.Link(kConfig, "../../../etc/link.yaml");
  const absl::StatusOr<std::vector<FileChange>> changes = tree.Point(kContainerd, kSekisho);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_EQ(changes->front().path, "/var/lib/real/config.yaml");
  EXPECT_EQ(changes->front().after,
            Config("containerRuntimeEndpoint: unix:///run/sekisho/sekisho.sock\n"));
  EXPECT_EQ(changes->front().why, "containerRuntimeEndpoint");
}

TEST(PointKubeletFilesTest, SaysWhatChangesInAFile) {
  const NodeTree tree({{kUnit, UnitWith("EnvironmentFile=/e\nExecStart=/usr/bin/kubelet $A")},
                       {"/e",
                        "A=--container-runtime-endpoint=unix:///run/containerd/"
                        "containerd.sock\n"}});
  const absl::StatusOr<std::vector<FileChange>> changes = tree.Point(kContainerd, kSekisho);
  ASSERT_TRUE(changes.ok()) << changes.status();
  const FileChange want = {
      .path = "/e",
      .before = "A=--container-runtime-endpoint=unix:///run/containerd/containerd.sock\n",
      .after = "A=--container-runtime-endpoint=unix:///run/sekisho/sekisho.sock\n",
      .mode = 0644,
      .why = "--container-runtime-endpoint"};
  EXPECT_THAT(*changes, ::testing::ElementsAre(want));
}

// What our drop-in repeats may have been changed by an upgrade since.
TEST(PointKubeletFilesTest, MakesAnOldDropInAnew) {
  const std::string command = "ExecStart=/usr/bin/kubelet --container-runtime-endpoint=";
  const NodeTree tree({{kUnit, UnitWith(StrCat(command, kContainerd, " --v=4"))},
                       {kOurDropIn, Ours(StrCat("ExecStart=\n", command, kSekisho, " --v=2\n"))}});
  const absl::StatusOr<std::vector<FileChange>> changes = tree.Point(kContainerd, kSekisho);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_EQ(changes->front().after, Ours(StrCat("ExecStart=\n", command, kSekisho, " --v=4\n")));
}

}  // namespace
}  // namespace sekisho::install
