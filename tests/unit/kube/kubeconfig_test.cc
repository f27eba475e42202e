#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using base::StrCat;
using ::testing::HasSubstr;

// "hello" in base64.
constexpr std::string_view kHello = "aGVsbG8=";

// As kubeadm writes it for a kubelet.
std::string KubeletConf() {
  return StrCat(R"(apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: )",
                kHello, R"(
    server: https://10.0.0.10:6443
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
preferences: {}
users:
- name: default-auth
  user:
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
)");
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Kubeconfig, OfAKubeletIsRead) {
  const auto config = ParseKubeconfig(KubeletConf(), "/etc/kubernetes/kubelet.conf");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://10.0.0.10:6443");
  EXPECT_EQ(config->authority.bytes, "hello");
  EXPECT_EQ(config->authority.file, "");
  EXPECT_EQ(config->certificate.file, "/var/lib/kubelet/pki/kubelet-client-current.pem");
  EXPECT_EQ(config->key.file, config->certificate.file);
  EXPECT_EQ(config->key.key, "users[0].user.client-key");
  EXPECT_EQ(config->key.where.line, 20);
  EXPECT_FALSE(config->token.given());
  EXPECT_EQ(config->tls_server_name, "");
  EXPECT_EQ(config->proxy, "");
}

TEST(Kubeconfig, MayBeJson) {
  const auto config = ParseKubeconfig(
      R"({"kind": "Config", "current-context": "c", "extensions": [{"name": "x"}],
          "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
          "clusters": [{"name": "k", "cluster": {"server": "https://[::1]:6443",
                        "insecure-skip-tls-verify": false, "certificate-authority": "ca.pem",
                        "tls-server-name": "kubernetes.default", "disable-compression": true,
                        "proxy-url": "socks5://proxy:1080"}}],
          "users": [{"name": "u", "user": {"token": "abc", "exec": null, "username": ""}}]})",
      "conf/config.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://[::1]:6443");
  EXPECT_EQ(config->authority.file, "conf/ca.pem");
  EXPECT_EQ(config->tls_server_name, "kubernetes.default");
  EXPECT_EQ(config->proxy, "socks5h://proxy:1080");
  EXPECT_EQ(config->token.bytes, "abc");
}

TEST(Kubeconfig, OnlyTheCurrentContextIsJudged) {
  const std::string users = R"(- name: mine
  user: {tokenFile: token, token: ignored}
- name: other
  user: {exec: {command: aws}}
)";
  const std::string mine = Replaced(StrCat(KubeletConf(), users),
                                    "current-context: default-context", "current-context: mine");
  EXPECT_EQ(ParseKubeconfig(mine, "/a/config").status().message(),
            "/a/config:7:1: contexts: has no entry named \"mine\" (add it, or name another one)");

  const auto config = ParseKubeconfig(
      Replaced(mine, "contexts:\n",
               "contexts:\n- {name: mine, context: {cluster: default-cluster, user: mine}}\n"),
      "/a/config");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->token.file, "/a/token");
  EXPECT_EQ(config->token.bytes, "");
  EXPECT_FALSE(config->certificate.given());
}

TEST(Kubeconfig, DataWinOverFiles) {
  const auto config = ParseKubeconfig(
      Replaced(Replaced(KubeletConf(), "    client-key:",
                        StrCat("    client-certificate-data: ", kHello, "\n    client-key:")),
               "    server:", "    certificate-authority: /elsewhere\n    server:"),
      "k");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->certificate.bytes, "hello");
  EXPECT_EQ(config->certificate.file, "");
  EXPECT_EQ(config->key.file, "/var/lib/kubelet/pki/kubelet-client-current.pem");
  EXPECT_EQ(config->authority.bytes, "hello");
  EXPECT_EQ(config->authority.file, "");
}

struct Fault {
  std::string name;
  std::string from;
  std::string to;
  std::vector<std::string> messages;
};

std::vector<Fault> Faults() {
  const std::string certificate =
      "    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n";
  const std::string key = "    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n";
  const std::string server = "    server: https://10.0.0.10:6443\n";
  return {
      {"Insecure",
       server,
       server + "    insecure-skip-tls-verify: true\n",
       {"k:6:5: clusters[0].cluster.insecure-skip-tls-verify: asks that nobody looks",
        "write certificate-authority-data"}},
      {"InsecureInQuotes",
       server,
       server + "    insecure-skip-tls-verify: \"true\"\n",
       {"insecure-skip-tls-verify: asks"}},
      {"Http",
       "https://10",
       "http://10",
       {"k:5:5: clusters[0].cluster.server: is not encrypted (write https://HOST:PORT)"}},
      {"Path", ":6443", ":6443/k8s/clusters/c", {"cluster.server: has a path or a query (write"}},
      {"NoServer", server, "", {"k:3:3: clusters[0].cluster.server: is missing"}},
      {"ServerIsAList", server, "    server: [x]\n", {"cluster.server: is a list"}},
      {"TwoServers",
       server,
       server + server,
       {"k:6:5: clusters[0].cluster.server: is given twice"}},
      {"TlsServerName",
       server,
       server + "    tls-server-name: a/b\n",
       {"tls-server-name: is not a host's name"}},
      {"Proxy",
       server,
       server + "    proxy-url: ftp://p\n",
       {"proxy-url: is not the URL of a proxy", "write http://HOST:PORT"}},
      {"CaIsNotBase64",
       std::string(kHello),
       "'%%%'",
       {"k:4:5: clusters[0].cluster.certificate-authority-data: is not base64", "base64 -w0"}},
      {"Exec",
       certificate,
       "    exec: {command: aws}\n" + certificate,
       {"k:19:5: users[0].user.exec: runs a program", "write client-certificate and client-key"}},
      {"AuthProvider",
       certificate,
       "    auth-provider: {name: gcp}\n" + certificate,
       {"user.auth-provider: needs a plug-in"}},
      {"Password",
       certificate,
       "    username: a\n    password: geheim\n",
       {"user.username: is a password's user", "; k:20:5: users[0].user.password: is a password"}},
      {"Impersonation",
       certificate,
       "    as: admin\n" + certificate,
       {"user.as: asks to act as another user"}},
      {"NoKey", key, "", {"k:19:5: users[0].user.client-key: is missing beside the certificate"}},
      {"NoCertificate", certificate, "", {"user.client-certificate: is missing beside the key"}},
      {"NoContextName",
       "current-context: default-context",
       "x: y",
       {"k:1:1: current-context: is missing"}},
      {"NoContexts",
       "contexts:",
       "contextes:",
       {"k: contexts: is missing (write a list with an entry named \"default-context\")"}},
      {"ContextsAreNoList",
       "contexts:\n",
       "contexts: {a: b}\nothers:\n",
       {"k:7:1: contexts: is no list (write a list with an entry named \"default-context\")"}},
      {"TwoContexts",
       "contexts:\n",
       "contexts:\n- name: default-context\n",
       {"contexts[1].name: \"default-context\" is there twice"}},
      {"NoCluster",
       "name: default-cluster",
       "name: another",
       {"k:2:1: clusters: has no entry named \"default-cluster\""}},
      {"NoUser",
       "- name: default-auth",
       "- name: another",
       {"users: has no entry named \"default-auth\""}},
      {"ContextWithoutUser",
       "    user: default-auth\n",
       "",
       {"k:8:3: contexts[0].context.user: is missing (write the name of one of the users)"}},
      {"UserIsAList", "  user:\n", "  user: [a]\n  ignored:\n", {"users[0].user: is a list"}},
      {"NoMapping", KubeletConf(), "[1, 2]\n", {"k:1:1: is a list, not a kubeconfig"}},
      {"Empty", KubeletConf(), "", {"k: the file is empty"}},
      {"NoYaml", "kind: Config", "kind: {", {"not valid YAML"}},
  };
}

TEST(Kubeconfig, IsRefusedWithFileLineKeyAndFix) {
  for (const auto& [name, from, to, messages] : Faults()) {
    SCOPED_TRACE(name);
    const auto config = ParseKubeconfig(Replaced(KubeletConf(), from, to), "k");
    EXPECT_EQ(config.status().code(), absl::StatusCode::kFailedPrecondition);
    const std::string text(config.status().message());
    for (const std::string& message : messages) {
      EXPECT_THAT(text, HasSubstr(message));
    }
    EXPECT_EQ(text.find("; k:") != std::string::npos, name == "Password") << text;
    EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sekisho::kube
