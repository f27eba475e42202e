// Who the server is to us, and who we are to the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "http_fixture.h"

namespace sekisho::kube {
namespace {

using sekisho::testing::SeenRequest;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpIdentityTest : public HttpTest {
 protected:
  SeenRequest Last() { return server_->Requests().back(); }
};

TEST_F(HttpIdentityTest, TheTokenIsSent) {
  StartServer({.certificate = {}, .tokens = {"first-token"}});
  StartLoop(ServiceAccount());
  const Exchange got = Get();
  EXPECT_TRUE(got.response.status.ok()) << got.response.status;
  EXPECT_EQ(got.response.code, 200);
  const SeenRequest seen = Last();
  EXPECT_EQ(seen.headers.at("authorization"), "Bearer first-token");
  EXPECT_EQ(seen.headers.at("user-agent"), "sekisho/test");
  EXPECT_EQ(seen.headers.at("accept"), "application/json");
  EXPECT_EQ(seen.headers.count("accept-encoding"), 0U);
}

TEST_F(HttpIdentityTest, AReplacedTokenIsSentByTheNextRequestOnANewConnection) {
  StartServer({.certificate = {}, .tokens = {"first-token", "second-token"}});
  StartLoop(ServiceAccount());
  const auto watch = Watch();
  const int first = Last().connection;

  WriteFile("sa/token", "second-token\n");
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(Last().headers.at("authorization"), "Bearer second-token");
  const int second = Last().connection;
  EXPECT_NE(second, first);
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(Last().connection, second);

  // The watch went on, on its own connection.
  server_->SetNamespace("shop", {});
  EXPECT_TRUE(RunUntil([&] { return watch->body.find("shop") != std::string::npos; }));
  EXPECT_FALSE(watch->done);
}

TEST_F(HttpIdentityTest, TheClientCertificateIsShownAndAfterASwapTheNewOne) {
  const CertificateAndKey one = pki_.ForClient("system:node:one", "system:nodes");
  const CertificateAndKey two = pki_.ForClient("system:node:two", "system:nodes");
  StartServer({.certificate = {}, .client_ca_pem = pki_.ca_pem()});
  // As the kubelet keeps them: both in one file, behind a link that it swaps.
  WriteFile("one.pem", one.certificate_pem + one.key_pem);
  std::filesystem::create_symlink("one.pem", dir_.File("current.pem"));
  StartLoop(Kubeconfig("", "client-certificate: current.pem, client-key: current.pem"));
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(Last().client_common_name, "system:node:one");
  const int first = Last().connection;

  WriteFile("two.pem", two.certificate_pem + two.key_pem);
  std::filesystem::create_symlink("two.pem", dir_.File("new.pem"));
  std::filesystem::rename(dir_.File("new.pem"), dir_.File("current.pem"));
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(Last().client_common_name, "system:node:two");
  EXPECT_NE(Last().connection, first);
}

TEST_F(HttpIdentityTest, AKeyOfAnotherCertificateIsSaid) {
  StartServer({.certificate = {}, .client_ca_pem = pki_.ca_pem()});
  WriteFile("client.pem", pki_.ForClient("one", "o").certificate_pem);
  WriteFile("key.pem", pki_.ForClient("two", "o").key_pem);
  StartLoop(Kubeconfig("", "client-certificate: client.pem, client-key: key.pem"));
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(got.response.status.message(), HasSubstr("the client certificate for 127.0.0.1"));
}

TEST_F(HttpIdentityTest, AServerThatIsNotTheRightOneIsToldNothing) {
  const TestPki other("another authority");
  struct Row {
    std::string_view name;
    CertificateAndKey certificate;
    std::string_view message;
  };
  const std::vector<Row> rows = {
      {"another authority", other.ForServer({"127.0.0.1"}), "unable to get local issuer"},
      {"another name", pki_.ForServer({"api.example.com", "10.0.0.1"}), "127.0.0.1"},
      {"expired", pki_.Expired({"127.0.0.1"}), "expired"},
  };
  for (const auto& [name, certificate, message] : rows) {
    SCOPED_TRACE(name);
    StartServer({.certificate = certificate});
    StartLoop(ServiceAccount());
    const Exchange got = Get();
    EXPECT_EQ(got.response.status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(got.response.code, 0);
    const std::string text(got.response.status.message());
    EXPECT_THAT(text, HasSubstr(StrCat("the certificate of 127.0.0.1:", server_->port(),
                                       " is not trusted: ")));
    EXPECT_THAT(text, HasSubstr(message));
    EXPECT_THAT(text, Not(HasSubstr("first-token")));
    EXPECT_TRUE(server_->Requests().empty());
    loop_.reset();
  }
}

TEST_F(HttpIdentityTest, AnotherAuthorityIsBelievedOnceItIsInTheFile) {
  const TestPki next("the next authority");
  StartServer();
  StartLoop(ServiceAccount());
  EXPECT_EQ(Get().response.code, 200);

  server_->SetCertificate(next.ForServer({"127.0.0.1"}));
  server_->ResetConnections();
  EXPECT_EQ(Get().response.status.code(), absl::StatusCode::kUnauthenticated);
  WriteFile("sa/ca.crt", pki_.ca_pem() + next.ca_pem());
  EXPECT_EQ(Get().response.code, 200);
  WriteFile("sa/ca.crt", next.ca_pem());
  EXPECT_EQ(Get().response.code, 200);
  // And not only added to what was believed before.
  WriteFile("sa/ca.crt", pki_.ca_pem());
  EXPECT_EQ(Get().response.status.code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(HttpIdentityTest, AnAuthorityThatIsNoCertificateIsSaid) {
  StartServer();
  WriteFile("sa/ca.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  StartLoop(ServiceAccount());
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(got.response.status.message(), HasSubstr("the certificate authority for 127.0.0.1"));
}

TEST_F(HttpIdentityTest, TheCertificateMustHaveTheTlsServerName) {
  StartServer({.certificate = pki_.ForServer({"kubernetes.default.svc"})});
  StartLoop(Kubeconfig("", "token: abc"));
  EXPECT_EQ(Get().response.status.code(), absl::StatusCode::kUnauthenticated);
  StartLoop(Kubeconfig("tls-server-name: kubernetes.default.svc", "token: abc"));
  const Exchange got = Get();
  EXPECT_EQ(got.response.code, 200) << got.response.status;
  StartLoop(Kubeconfig("tls-server-name: kubernetes.default", "token: abc"));
  const Exchange other = Get();
  EXPECT_EQ(other.response.status.code(), absl::StatusCode::kUnauthenticated);
  // Named is the server that was asked, not the name that it should have.
  EXPECT_THAT(other.response.status.message(), HasSubstr(StrCat("127.0.0.1:", server_->port())));
}

TEST_F(HttpIdentityTest, WhatCannotBeReadIsSaidFromTheLoop) {
  StartServer();
  StartLoop(ServiceAccount());
  std::filesystem::remove(dir_.File("sa/token"));
  const auto exchange = Start({.path = "/api/v1/namespaces"});
  EXPECT_FALSE(exchange->done);
  EXPECT_TRUE(RunUntil([&] { return exchange->done; }));
  EXPECT_EQ(exchange->response.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(exchange->response.status.message(), HasSubstr("sa/token: cannot open"));
  EXPECT_EQ(server_->Connections(), 0);

  WriteFile("sa/token", "first-token");
  EXPECT_EQ(Get().response.code, 200);
}

// Proxies of the environment would see where the agent talks to, and could keep it from there.
TEST_F(HttpIdentityTest, TheEnvironmentHasNoSay) {
  StartServer();
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy"}) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  StartLoop(ServiceAccount());
  const Exchange got = Get();
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy"}) {
    ::unsetenv(name);
  }
  EXPECT_EQ(got.response.code, 200) << got.response.status;

  // But a proxy of the kubeconfig has, also for what no_proxy excepts.
  ::setenv("no_proxy", "*", 1);
  StartLoop(Kubeconfig("proxy-url: \"http://me:geheim@127.0.0.1:1\"", "token: abc"));
  const Exchange by_proxy = Get();
  ::unsetenv("no_proxy");
  EXPECT_EQ(by_proxy.response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(by_proxy.response.status.message(),
            StrCat("cannot connect to 127.0.0.1:", server_->port(),
                   " (by the proxy 127.0.0.1:1): Connection refused"));
}

}  // namespace
}  // namespace sekisho::kube
