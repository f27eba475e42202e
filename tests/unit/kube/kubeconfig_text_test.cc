#include "kube/kubeconfig_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::kube {
namespace {

constexpr char kCa[] = "-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n";
constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\nme\n-----END CERTIFICATE-----\n";
constexpr char kKey[] = "-----BEGIN PRIVATE KEY-----\nmine\n-----END PRIVATE KEY-----\n";

Credentials Account(const std::string& server, const std::string& token) {
  Credentials credentials;
  credentials.server = server;
  credentials.ca_pem = kCa;
  credentials.token = token;
  return credentials;
}

Credentials Kubelet() {
  Credentials credentials = Account("https://api:6443", "");
  credentials.tls_server_name = "kubernetes";
  credentials.client_certificate_pem = kCertificate;
  credentials.client_key_pem = kKey;
  credentials.proxy = "socks5h://proxy:1080";
  return credentials;
}

Credentials WithoutAuthority() {
  Credentials credentials = Account("https://api:6443", "t");
  credentials.ca_pem.clear();
  return credentials;
}

struct Row {
  const char* name;
  Credentials credentials;
};

TEST(KubeconfigText, IsReadBackAsWhatWasWritten) {
  const std::vector<Row> rows = {
      {"a service account", Account("https://10.96.0.1:443", "eyJhbGciOi.abc-_.def")},
      {"an IPv6 address", Account("https://[fd00::1]:6443", "t")},
      {"a token with what JSON and YAML mind",
       Account("https://api:6443", R"(a"b\c:#{}[]&*!|>'%@`)")},
      {"a token that looks like a number", Account("https://api:6443", "1e5")},
      {"a certificate, another name and a proxy", Kubelet()},
      {"the system's authorities", WithoutAuthority()},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const sekisho::testing::TempDir dir;
    sekisho::testing::WriteText(dir.File("kubeconfig"), KubeconfigText(row.credentials));
    CredentialsReader reader(
        {.kubeconfig = dir.File("kubeconfig"), .service_account_directory = {}, .server = {}});
    const auto read = reader.Read();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(**read, row.credentials);
  }
}

// For kubectl, which wants these.
TEST(KubeconfigText, SaysWhatItIs) {
  const auto json = nlohmann::json::parse(KubeconfigText(Account("https://api:6443", "t")));
  EXPECT_EQ(json["apiVersion"], "v1");
  EXPECT_EQ(json["kind"], "Config");
}

}  // namespace
}  // namespace sekisho::kube
