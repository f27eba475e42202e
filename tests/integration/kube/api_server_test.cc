// The test API server is only worth something when it speaks as a real one does. What is here was
// held against kube-apiserver's documented behaviour and tried with kubectl by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "api_server_fixture.h"
#include "base/str_cat.h"

namespace sekisho::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(ApiServerTest, AListComesOverHttp2WithoutKindsInItsItems) {
  server_->SetNamespace("shop", {{"pod-security.kubernetes.io/enforce", "restricted"}});
  server_->SetNamespace("default", {});
  const Transfer& list = client_->Get(kNamespaces);
  ASSERT_EQ(list.code, 200) << curl_easy_strerror(list.result);
  EXPECT_EQ(list.http_version, CURL_HTTP_VERSION_2_0);
  EXPECT_EQ(list.headers.at("content-type"), "application/json");
  const nlohmann::json body = list.Json();
  EXPECT_EQ(body.at("kind"), "NamespaceList");
  EXPECT_EQ(body.at("metadata").at("resourceVersion"), VersionNow());
  EXPECT_THAT(NamesIn(body), ElementsAre("default", "shop"));
  const nlohmann::json& item = body.at("items").at(1);
  EXPECT_FALSE(item.contains("kind"));
  EXPECT_FALSE(item.contains("apiVersion"));
  EXPECT_EQ(item.at("status").at("phase"), "Active");
  EXPECT_EQ(item.at("metadata").at("labels"),
            (Labels{{"kubernetes.io/metadata.name", "shop"},
                    {"pod-security.kubernetes.io/enforce", "restricted"}}));
}

TEST_F(ApiServerTest, MetadataAloneComesWhenItIsAskedForInTheRightForm) {
  server_->SetNamespace("shop", {});
  const auto accept = [](const std::string& as) {
    return base::StrCat("Accept: application/json;as=", as, ";g=meta.k8s.io;v=v1");
  };
  const nlohmann::json list =
      client_->Send({.path = kNamespaces, .headers = {accept("PartialObjectMetadataList")}}).Json();
  EXPECT_EQ(list.at("kind"), "PartialObjectMetadataList");
  EXPECT_EQ(list.at("apiVersion"), "meta.k8s.io/v1");
  const nlohmann::json& item = list.at("items").at(0);
  EXPECT_EQ(item.at("kind"), "PartialObjectMetadata");
  EXPECT_FALSE(item.contains("spec"));
  // A list has no such form, and a server that does not know Tables takes the next part.
  EXPECT_EQ(client_->Send({.path = kNamespaces, .headers = {accept("PartialObjectMetadata")}}).code,
            406);
  EXPECT_EQ(client_->Send({.path = kNamespaces, .headers = {accept("Table")}}).code, 406);
  EXPECT_EQ(
      client_->Send({.path = kNamespaces, .headers = {accept("Table") + ",application/json"}}).code,
      200);

  const Transfer& watch = client_->Start({.path = base::StrCat(kNamespaces, "?watch=1"),
                                          .headers = {accept("PartialObjectMetadata")}});
  ASSERT_TRUE(RunUntilLines(watch, 1));
  EXPECT_EQ(watch.Lines()[0].at("object").at("kind"), "PartialObjectMetadata");
}

TEST_F(ApiServerTest, PagesAreOfOneMomentWhateverChangesMeanwhile) {
  server_->SetNamespaces({{"a", {}}, {"b", {}}, {"c", {}}, {"d", {}}, {"e", {}}});
  const nlohmann::json first = client_->Get(base::StrCat(kNamespaces, "?limit=2")).Json();
  EXPECT_THAT(NamesIn(first), ElementsAre("a", "b"));
  EXPECT_EQ(first.at("metadata").at("remainingItemCount"), 3);
  server_->DeleteNamespace("c");
  server_->SetNamespace("bb", {});
  const auto next = [](const nlohmann::json& page) {
    return base::StrCat(
        kNamespaces, "?limit=2&continue=", page.at("metadata").at("continue").get<std::string>());
  };
  const nlohmann::json second = client_->Get(next(first)).Json();
  EXPECT_THAT(NamesIn(second), ElementsAre("c", "d"));
  const nlohmann::json third = client_->Get(next(second)).Json();
  EXPECT_THAT(NamesIn(third), ElementsAre("e"));
  EXPECT_FALSE(third.at("metadata").contains("continue"));
  for (const nlohmann::json& page : {second, third}) {
    EXPECT_EQ(page.at("metadata").at("resourceVersion"),
              first.at("metadata").at("resourceVersion"));
  }
}

TEST_F(ApiServerTest, TheLimitOfACachedListCountsOnlyWhenTheServerIsTold) {
  const std::map<std::string, Labels> three{{"a", {}}, {"b", {}}, {"c", {}}};
  const std::string cached = base::StrCat(kNamespaces, "?resourceVersion=0&limit=2");
  server_->SetNamespaces(three);
  EXPECT_THAT(NamesIn(client_->Get(cached).Json()), SizeIs(3));
  Serve({.certificate = {}, .ignore_limit_of_cached_lists = false});
  server_->SetNamespaces(three);
  EXPECT_THAT(NamesIn(client_->Get(cached).Json()), SizeIs(2));
}

TEST_F(ApiServerTest, AWatchTellsWhatWasAndWhatComes) {
  server_->SetNamespace("old", {});
  const std::string from = VersionNow();
  server_->SetNamespace("before", {});
  const Transfer& watch = Watch("resourceVersion=" + from);
  server_->SetNamespace("shop", {});
  server_->SetNamespace("shop", {{"a", "b"}});
  server_->SetNode("worker-1", {});  // of no interest
  server_->DeleteNamespace("shop");
  ASSERT_TRUE(RunUntilLines(watch, 4));
  EXPECT_THAT(Told(watch),
              ElementsAre("ADDED before", "ADDED shop", "MODIFIED shop", "DELETED shop"));
  const nlohmann::json last = watch.Lines()[3].at("object");
  EXPECT_EQ(last.at("kind"), "Namespace");
  EXPECT_EQ(last.at("metadata").at("resourceVersion"), VersionNow());
  EXPECT_FALSE(watch.done);
}

TEST_F(ApiServerTest, AWatchFromNowhereBeginsWithEverything) {
  server_->SetNamespaces({{"a", {}}, {"b", {}}});
  for (const char* version : {"", "0"}) {
    SCOPED_TRACE(version);
    const Transfer& watch = Watch(base::StrCat("resourceVersion=", version));
    ASSERT_TRUE(RunUntilLines(watch, 2));
    EXPECT_THAT(Told(watch), ElementsAre("ADDED a", "ADDED b"));
  }
}

TEST_F(ApiServerTest, AWatchOfOneNodeHearsOfNoOther) {
  server_->SetNode("worker-2", {});
  const Transfer& watch =
      client_->Start({.path = "/api/v1/nodes?watch=1&fieldSelector=metadata.name%3Dworker-1"});
  ASSERT_TRUE(client_->RunUntil([&] { return server_->OpenWatches() == 1; }));
  server_->SetNode("worker-2", {{"a", "b"}});
  server_->SetNode("worker-1", {{"zone", "east"}});
  ASSERT_TRUE(RunUntilLines(watch, 1));
  EXPECT_THAT(Told(watch), ElementsAre("ADDED worker-1"));
}

TEST_F(ApiServerTest, BookmarksComeToThoseWhoAllowThem) {
  Serve({.certificate = {}, .bookmark_interval = std::chrono::milliseconds(50)});
  server_->SetNamespace("a", {});
  const std::string from = "resourceVersion=" + VersionNow();
  const Transfer& silent = Watch(from);
  const Transfer& watch = Watch(from + "&allowWatchBookmarks=true");
  server_->SetNode("worker-1", {});
  const auto bookmark = nlohmann::json::parse(
      R"({"kind": "Namespace", "apiVersion": "v1", "metadata":
         {"creationTimestamp": null, "resourceVersion": ")" +
      VersionNow() + R"("}})");
  ASSERT_TRUE(client_->RunUntil(
      [&] { return !watch.Lines().empty() && watch.Lines().back().at("object") == bookmark; }));
  EXPECT_EQ(watch.Lines().back().at("type"), "BOOKMARK");
  EXPECT_THAT(Told(silent), IsEmpty());
}

TEST_F(ApiServerTest, AWatchEndsAfterTheTimeThatItAskedFor) {
  const auto before = std::chrono::steady_clock::now();
  const Transfer& watch = client_->Get(base::StrCat(kNamespaces, "?watch=1&timeoutSeconds=1"));
  ASSERT_TRUE(watch.done);
  EXPECT_EQ(watch.result, CURLE_OK);
  EXPECT_EQ(watch.code, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(990));
  EXPECT_EQ(server_->OpenWatches(), 0);
}

TEST_F(ApiServerTest, WhatIsAskedInTheWrongWayIsRefused) {
  struct Row {
    const char* query;
    long code;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"/api/v1/namespaces?resourceVersion=abc", 400},
           {"/api/v1/namespaces?limit=many", 400},
           {"/api/v1/namespaces?continue=rubbish", 400},
           {"/api/v1/namespaces?watch=1&timeoutSeconds=x", 400},
           {"/api/v1/namespaces?resourceVersionMatch=NotOlderThan", 422},
           {"/api/v1/namespaces?watch=1&resourceVersion=1&resourceVersionMatch=NotOlderThan", 422},
           {"/api/v1/namespaces?resourceVersion=0&resourceVersionMatch=Exact", 422},
           {"/api/v1/namespaces?watch=1&sendInitialEvents=true", 422},
           {"/api/v1/namespaces?fieldSelector=spec.x%3Dy", 400},
           {"/api/v1/namespaces/none", 404},
           {"/api/v1/pods", 403},
           {"/api/v1/namespaces/shop/events", 403},
           {"/apis/apps/v1/deployments", 403},
           {"/nothing", 404}}) {
    SCOPED_TRACE(row.query);
    const Transfer& answer = client_->Get(row.query);
    EXPECT_EQ(answer.code, row.code);
    EXPECT_EQ(answer.Json().value("kind", ""), "Status");
    EXPECT_EQ(answer.Json().value("code", 0), row.code);
  }
}

TEST_F(ApiServerTest, TenThousandNamespacesArriveWhole) {
  std::map<std::string, Labels> many;
  for (int i = 0; i < 10'000; ++i) {
    many[base::StrCat("ns-", i)] = {{"pod-security.kubernetes.io/enforce", "baseline"}};
  }
  server_->SetNamespaces(many, 800);
  const std::string path = base::StrCat(kNamespaces, "?resourceVersion=0");
  const Transfer& plain = client_->Get(path);
  ASSERT_EQ(plain.result, CURLE_OK);
  EXPECT_GT(plain.received, 16'000'000);  // 800 bytes of annotations, 800 of managedFields
  EXPECT_EQ(plain.Json().at("items").size(), many.size());
  const Transfer& compressed = client_->Send({.path = path, .compressed = true});
  EXPECT_EQ(compressed.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(compressed.body, plain.body);
  EXPECT_LT(compressed.received, plain.received / 10);
}

TEST_F(ApiServerTest, WhatWasAskedCanBeReadAfterwards) {
  client_->Send({.path = base::StrCat(kNamespaces, "?limit=1"), .headers = {"X-Test: yes"}});
  Watch("resourceVersion=0");
  const std::vector<SeenRequest> seen = server_->Requests();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].method, "GET");
  EXPECT_EQ(seen[0].path, kNamespaces);
  EXPECT_EQ(seen[0].query, "limit=1");
  EXPECT_EQ(seen[0].headers.at("x-test"), "yes");
  EXPECT_EQ(seen[0].protocol, "h2");
  EXPECT_EQ(seen[0].connection, 1);
  EXPECT_FALSE(seen[0].IsWatch());
  EXPECT_TRUE(seen[1].IsWatch());
  EXPECT_EQ(server_->CountRequests({.watch = true}), 1);
  EXPECT_EQ(server_->CountRequests({.path_prefix = "/api/v1/nodes"}), 0);
  EXPECT_EQ(server_->Connections(), 1);
}

}  // namespace
}  // namespace sekisho::testing
