// `node` and `kubernetes` of config.yaml: who this node is, and how the API server is reached.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ClusterConfig : public ConfigFiles {};

TEST_F(ClusterConfig, WithoutTheSectionsNobodyIsAsked) {
  const auto result = LoadConfigText(std::string(kConfigHeader));
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  EXPECT_EQ(result.value.node_name, "");
  EXPECT_EQ(result.value.node_group, "");
  EXPECT_EQ(result.value.node_group_label, "sekisho.io/policy-group");
  EXPECT_EQ(result.value.kubeconfig, "");
  EXPECT_EQ(result.value.service_account_dir, "");
  EXPECT_EQ(result.value.api_server, "");
  EXPECT_TRUE(result.value.events);
}

TEST_F(ClusterConfig, EveryKeyIsRead) {
  const auto kubeconfig =
      LoadConfigText(std::string(kConfigHeader) +
                     "node: {name: worker-1.example, group: gpu_A, groupLabel: example.com/pool}\n"
                     "kubernetes: {kubeconfig: /etc/kubernetes/kubelet.conf, events: false}\n");
  ASSERT_THAT(Texts(kubeconfig.errors), IsEmpty());
  EXPECT_EQ(kubeconfig.value.node_name, "worker-1.example");
  EXPECT_EQ(kubeconfig.value.node_group, "gpu_A");
  EXPECT_EQ(kubeconfig.value.node_group_label, "example.com/pool");
  EXPECT_EQ(kubeconfig.value.kubeconfig, "/etc/kubernetes/kubelet.conf");
  EXPECT_FALSE(kubeconfig.value.events);

  const auto account = LoadConfigText(
      std::string(kConfigHeader) +
      "kubernetes: {serviceAccountDirectory: /var/run/sa, server: \"https://10.96.0.1:443\"}\n");
  ASSERT_THAT(Texts(account.errors), IsEmpty());
  EXPECT_EQ(account.value.service_account_dir, "/var/run/sa");
  EXPECT_EQ(account.value.api_server, "https://10.96.0.1:443");
  EXPECT_TRUE(account.value.events);
}

// Beside each wrong line stands the right one, which must load.
TEST_F(ClusterConfig, WrongAndRight) {
  struct Case {
    std::string wrong;  // line 3 and following
    std::string error;
    std::string right;
  };
  const std::string plain =
      "is neither the name of a node nor the value of a label "
      "(write letters, digits, '-', '_' and '.', at most 253)";
  const std::string key =
      "is not the key of a label (write it as Kubernetes does: example.com/policy-group)";
  const std::string url =
      "is not the URL of an API server (write https://HOST:PORT, without a path)";
  const auto label = [](const std::string& text) {
    return "node: {groupLabel: \"" + text + "\"}\n";
  };
  const auto server = [](const std::string& text) {
    return "kubernetes: {serviceAccountDirectory: /s, server: \"" + text + "\"}\n";
  };
  const std::string at_server = "config.yaml:3:51: kubernetes.server: ";
  const std::string at_label = "config.yaml:3:20: node.groupLabel: ";
  const std::vector<Case> cases = {
      {"node: {name: a/b}\n", "config.yaml:3:14: node.name: " + plain, "node: {name: a.b}\n"},
      {"node: {name: ../a}\n", "config.yaml:3:14: node.name: " + plain, "node: {name: a}\n"},
      {"node: {name: a b}\n", "config.yaml:3:14: node.name: " + plain, "node: {name: a-b}\n"},
      {"node: {name: \"\"}\n", "config.yaml:3:14: node.name: must not be empty", "node: {}\n"},
      {"node: {name: " + std::string(254, 'a') + "}\n", "config.yaml:3:14: node.name: " + plain,
       "node: {name: " + std::string(253, 'a') + "}\n"},
      {"node: {name: [a]}\n", "config.yaml:3:14: node.name: expected a single value, found a list",
       "node: {name: a}\n"},
      {"node: {group: .gpu}\n", "config.yaml:3:15: node.group: " + plain, "node: {group: gpu.}\n"},
      {"node: {group: -gpu}\n", "config.yaml:3:15: node.group: " + plain, "node: {group: g-pu}\n"},
      {"node: {gruop: gpu}\n",
       R"(config.yaml:3:8: node.gruop: unknown key (did you mean "group"?))",
       "node: {group: gpu}\n"},
      {label("a/b/c"), at_label + key, label("a/c")},
      {label("/pool"), at_label + key, label("pool")},
      {label("example.com/"), at_label + key, label("example.com/p")},
      {label("example.com/a b"), at_label + key, label("example.com/a.b")},
      {label("-a.com/pool"), at_label + key, label("a.com/pool")},
      {"kubernetes: {kubeconfig: kubelet.conf}\n",
       R"(config.yaml:3:26: kubernetes.kubeconfig: "kubelet.conf" is not an absolute path )"
       R"((begin it with "/"))",
       "kubernetes: {kubeconfig: /kubelet.conf}\n"},
      // What is wrong is not also missing.
      {"kubernetes: {kubeconfig: kubelet.conf, events: true}\n",
       R"(config.yaml:3:26: kubernetes.kubeconfig: "kubelet.conf" is not an absolute path )"
       R"((begin it with "/"))",
       "kubernetes: {kubeconfig: /kubelet.conf, events: true}\n"},
      {"kubernetes: {serviceAccountDirectory: /s/, server: \"https://a\"}\n",
       R"(config.yaml:3:39: kubernetes.serviceAccountDirectory: "/s/" is not a clean path )"
       R"((write it without "//", ".", ".." and without "/" at the end))",
       "kubernetes: {serviceAccountDirectory: /s, server: \"https://a\"}\n"},
      {"kubernetes: {kubeconfig: /k, serviceAccountDirectory: /s}\n",
       "config.yaml:3:55: kubernetes.serviceAccountDirectory: stands beside "
       "kubernetes.kubeconfig (keep one of the two)",
       "kubernetes: {serviceAccountDirectory: /s}\n"},
      {"kubernetes: {kubeconfig: /k, server: \"https://a:6443\"}\n",
       "config.yaml:3:38: kubernetes.server: is only for kubernetes.serviceAccountDirectory "
       "(a kubeconfig names its server itself)",
       "kubernetes: {kubeconfig: /k}\n"},
      {"kubernetes: {server: \"https://a:6443\"}\n",
       "config.yaml:3:22: kubernetes.server: is only for kubernetes.serviceAccountDirectory "
       "(a kubeconfig names its server itself)",
       server("https://a:6443")},
      {"kubernetes: {events: true}\n",
       "config.yaml:3:22: kubernetes.events: there is no API server to report to (give "
       "kubernetes.kubeconfig or kubernetes.serviceAccountDirectory)",
       "kubernetes: {kubeconfig: /k, events: true}\n"},
      {"kubernetes: {events: false}\n",
       "config.yaml:3:22: kubernetes.events: there is no API server to report to (give "
       "kubernetes.kubeconfig or kubernetes.serviceAccountDirectory)",
       "kubernetes: {serviceAccountDirectory: /s, events: false}\n"},
      {"kubernetes: {kubeconfig: /k, events: yes}\n",
       R"(config.yaml:3:38: kubernetes.events: expected true or false, found "yes")",
       "kubernetes: {kubeconfig: /k, events: false}\n"},
      {server("http://a:6443"), at_server + url, server("https://a:6443")},
      {server("HTTPS://a:6443"), at_server + url, server("https://A:6443")},
      {server("a:6443"), at_server + url, server("https://a")},
      {server("https://"), at_server + url, server("https://[fd00::1]:6443")},
      {server("https://a/api"), at_server + url, server("https://a:1")},
      {server("https://a/"), at_server + url, server("https://a.example:443")},
      {server("https://a?x"), at_server + url, server("https://a")},
      {server("https://a#x"), at_server + url, server("https://a")},
      {server("https://me@a"), at_server + url, server("https://a")},
      {server("https://a b"), at_server + url, server("https://a-b")},
  };
  for (const Case& c : cases) {
    const auto wrong = LoadConfigText(std::string(kConfigHeader) + c.wrong);
    EXPECT_THAT(Texts(wrong.errors), ElementsAre(c.error)) << c.wrong;
    const auto right = LoadConfigText(std::string(kConfigHeader) + c.right);
    EXPECT_THAT(Texts(right.errors), IsEmpty()) << c.right;
  }
}

TEST(IsPlainName, LetsThroughWhatCanBePartOfAFilesName) {
  using std::string_literals::operator""s;
  for (const std::string& name : {"a"s, "0"s, "worker-1"s, "worker-1.example.com"s, "GPU_A"s, "a."s,
                                  "a-"s, "a_"s, "a..b"s, std::string(253, 'x')}) {
    EXPECT_TRUE(IsPlainName(name)) << name;
  }
  for (const std::string& name :
       {""s, "."s, ".."s, ".a"s, "-a"s, "_a"s, "/"s, "a/b"s, "../a"s, "a b"s, " a"s, "a\n"s,
        "a\0b"s, "a:b"s, "a*"s, "ä"s, "a\x7f"s, std::string(254, 'x')}) {
    EXPECT_FALSE(IsPlainName(name)) << ::testing::PrintToString(name);
  }
}

TEST(NodeName, IsTheConfiguredOneOrTheHosts) {
  AgentConfig config;
  config.node_name = "Worker-1";
  EXPECT_EQ(NodeName(config), "Worker-1");
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  std::string lower = host.data();
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  config.node_name.clear();
  EXPECT_EQ(NodeName(config), lower);
}

}  // namespace
}  // namespace sekisho::config
