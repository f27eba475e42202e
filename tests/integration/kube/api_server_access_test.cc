// Who may talk to the test API server, by which protocol, and what Events it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "api_server_fixture.h"
#include "base/str_cat.h"

namespace sekisho::testing {
namespace {

using ::testing::SizeIs;

class ApiServerAccess : public ApiServerTest {
 protected:
  ApiServerAccess() {
    Serve({.certificate = {}, .client_ca_pem = clients_.ca_pem(), .tokens = {"good"}});
  }

  // With a client of its own, so with a connection of its own.
  Transfer ListAs(const std::string& token, const CertificateAndKey& certificate = {}) {
    CurlClient::Options options = ClientOptions();
    options.token = token;
    options.certificate = certificate;
    CurlClient client(options);
    return client.Get(kNamespaces);
  }

  TestPki clients_{"clients' authority"};
};

TEST_F(ApiServerAccess, ATokenOrAClientCertificateIsNeeded) {
  const TestPki others("somebody else");
  struct Row {
    const char* why;
    std::string token;
    CertificateAndKey certificate;
    long code;
    std::string common_name = {};
  };
  const CertificateAndKey node = clients_.ForClient("system:node:worker-1", "system:nodes");
  const CertificateAndKey foreign = others.ForClient("system:node:worker-1", "system:nodes");
  for (const Row& row : std::initializer_list<Row>{
           {"the token", "good", {}, 200},
           {"another token", "bad", {}, 401},
           {"the beginning of the token", "goo", {}, 401},
           {"nothing", "", {}, 401},
           {"a client's certificate", "", node, 200, "system:node:worker-1"},
           {"an authority that is not known", "", foreign, 401, "system:node:worker-1"},
           // As with a real one, the handshake is not where that is refused.
           {"a server's certificate", "", clients_.ForServer({"x"}), 401, "kube-apiserver"},
           {"an expired one", "", clients_.Expired({"x"}), 401, "kube-apiserver"}}) {
    SCOPED_TRACE(row.why);
    const Transfer answer = ListAs(row.token, row.certificate);
    EXPECT_EQ(answer.code, row.code) << curl_easy_strerror(answer.result);
    EXPECT_EQ(server_->Requests().back().client_common_name, row.common_name);
    if (row.code == 401) {
      EXPECT_EQ(answer.Json().value("reason", ""), "Unauthorized");
    }
  }
}

TEST_F(ApiServerAccess, TokensChangeAtOnce) {
  EXPECT_EQ(ListAs("good").code, 200);
  server_->SetTokens({"newer"});
  EXPECT_EQ(ListAs("good").code, 401);
  EXPECT_EQ(ListAs("newer").code, 200);
}

TEST_F(ApiServerTest, ANewCertificateIsShownToNewConnections) {
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);
  const TestPki newer("newer authority");
  server_->SetCertificate(newer.ForServer({"127.0.0.1"}));
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);  // over the connection that there is
  CurlClient old_authority(ClientOptions());
  EXPECT_EQ(old_authority.Get(kNamespaces).result, CURLE_PEER_FAILED_VERIFICATION);
  CurlClient::Options options = ClientOptions();
  options.ca_pem = newer.ca_pem();
  CurlClient new_authority(options);
  EXPECT_EQ(new_authority.Get(kNamespaces).code, 200);
}

TEST_F(ApiServerTest, ClientsDoNotTakeTheCertificatesThatAreMadeToBeRefused) {
  for (const CertificateAndKey& bad :
       {pki_.Expired({"127.0.0.1"}), pki_.ForServer({"elsewhere.example"}),
        pki_.ForServer({"127.0.0.2"}), pki_.ForClient("127.0.0.1", "")}) {
    server_->SetCertificate(bad);
    CurlClient client(ClientOptions());
    EXPECT_EQ(client.Get(kNamespaces).result, CURLE_PEER_FAILED_VERIFICATION);
  }
  EXPECT_EQ(server_->Connections(), 4);
}

TEST_F(ApiServerTest, OnlyHttp2IsSpoken) {
  CurlClient::Options options = ClientOptions();
  options.http_version = CURL_HTTP_VERSION_1_1;
  CurlClient client(options);
  EXPECT_EQ(client.Get(kNamespaces).result, CURLE_SSL_CONNECT_ERROR);
  EXPECT_EQ(server_->CountRequests({}), 0);
}

// --- Events

constexpr const char* kEvents = "/api/v1/namespaces/shop/events";

nlohmann::json EventBody() {
  return nlohmann::json::parse(R"({
    "kind": "Event", "apiVersion": "v1",
    "metadata": {"name": "web.17a2", "namespace": "shop"},
    "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": "web"},
    "reason": "SekishoDenied", "message": "no", "type": "Warning", "count": 1,
    "source": {"component": "sekisho", "host": "worker-1"},
    "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:04:05Z"})");
}

class ApiServerEvents : public ApiServerTest {
 protected:
  const Transfer& Post(const std::string& body, const std::string& type = "application/json") {
    return client_->Send(
        {.path = kEvents, .method = "POST", .headers = {"Content-Type: " + type}, .body = body});
  }
  const Transfer& Patch(const std::string& name, const std::string& body,
                        const std::string& type = "application/merge-patch+json") {
    return client_->Send({.path = base::StrCat(kEvents, "/", name),
                          .method = "PATCH",
                          .headers = {"Content-Type: " + type},
                          .body = body});
  }
};

TEST_F(ApiServerEvents, AnEventIsKeptAndPatched) {
  const Transfer& created = Post(EventBody().dump());
  ASSERT_EQ(created.code, 201) << created.body;
  EXPECT_FALSE(created.Json().at("metadata").at("uid").get<std::string>().empty());
  EXPECT_EQ(Post(EventBody().dump()).Json().at("reason"), "AlreadyExists");

  for (const char* type :
       {"application/merge-patch+json", "application/strategic-merge-patch+json"}) {
    SCOPED_TRACE(type);
    const int count = server_->Events().at(0).at("count").get<int>() + 1;
    EXPECT_EQ(Patch("web.17a2", base::StrCat(R"({"count":)", count, "}"), type).code, 200);
    ASSERT_THAT(server_->Events(), SizeIs(1));
    EXPECT_EQ(server_->Events()[0].at("count"), count);
    EXPECT_EQ(server_->Events()[0].at("reason"), "SekishoDenied");
  }
  EXPECT_EQ(
      Patch("web.17a2", R"([{"op": "remove", "path": "/count"}])", "application/json-patch+json")
          .code,
      415);
  EXPECT_EQ(Patch("web.17a2", R"({"metadata": {"resourceVersion": "1"}})").code, 409);
  EXPECT_EQ(Patch("web.17a2", R"({"metadata": {"name": "other"}})").code, 422);
  EXPECT_EQ(Patch("web.17a2", R"({"count": "two"})").code, 400);
  server_->ForgetEvents();
  EXPECT_EQ(Patch("web.17a2", R"({"count": 9})").code, 404);
}

TEST_F(ApiServerEvents, AnEventThatARealServerRefusesIsRefused) {
  struct Row {
    const char* why;
    const char* patch;  // of a good one
    long code;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"another kind", R"({"kind": "Pod"})", 400},
           {"another API", R"({"apiVersion": "events.k8s.io/v1"})", 400},
           {"no DNS subdomain", R"({"metadata": {"name": "Web_1"}})", 422},
           {"no name", R"({"metadata": {"name": null}})", 422},
           {"another namespace", R"({"metadata": {"namespace": "bank"}})", 400},
           {"of another namespace", R"({"involvedObject": {"namespace": "bank"}})", 422},
           {"of no namespace", R"({"involvedObject": {"namespace": null}})", 422},
           {"a count that is no number", R"({"count": "1"})", 400},
           {"a count that is too large", R"({"count": 3000000000})", 400},
           {"a time that is none", R"({"lastTimestamp": "yesterday"})", 400},
           {"seconds only where microseconds belong", R"({"eventTime": "2026-01-02T03:04:05Z"})",
            400},
           {"the new form without its fields", R"({"eventTime": "2026-01-02T03:04:05.000000Z"})",
            422},
           {"a version", R"({"metadata": {"resourceVersion": "5"}})", 400}}) {
    SCOPED_TRACE(row.why);
    nlohmann::json body = EventBody();
    body.merge_patch(nlohmann::json::parse(row.patch));
    EXPECT_EQ(Post(body.dump()).code, row.code);
  }
  EXPECT_EQ(Post("{").code, 400);
  EXPECT_EQ(Post(EventBody().dump(), "text/plain").code, 415);
  nlohmann::json large = EventBody();
  large["message"] = std::string(size_t{3} << 20, 'x');
  EXPECT_EQ(Post(large.dump()).code, 413);
  EXPECT_THAT(server_->Events(), SizeIs(0));
}

}  // namespace
}  // namespace sekisho::testing
