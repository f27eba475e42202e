// The ways in which the test API server fails do what they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>

#include "api_server_fixture.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"

namespace sekisho::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ApiServerFaults = ApiServerTest;

// Long enough to see something that should not come. What is right never fails by it.
constexpr milliseconds kNothingComes{100};

TEST_F(ApiServerFaults, SoManyRequestsFailAsWereAskedFor) {
  server_->Fail({.path_prefix = kNamespaces, .watch = false}, 429, 2, 7);
  server_->Fail({.path_prefix = kNamespaces}, 500, 1, {}, "Broken");
  EXPECT_EQ(client_->Get("/api/v1/nodes").code, 200);
  for (int i = 0; i < 2; ++i) {
    const Transfer& answer = client_->Get(kNamespaces);
    EXPECT_EQ(answer.code, 429);
    EXPECT_EQ(answer.headers.at("retry-after"), "7");
    EXPECT_EQ(answer.Json().at("reason"), "TooManyRequests");
  }
  EXPECT_EQ(client_->Get(kNamespaces).Json().at("reason"), "Broken");
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);
}

TEST_F(ApiServerFaults, ABodyCanBeAnything) {
  server_->AnswerWith({.watch = true}, "{\"type\":", 1);
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);
  const Transfer& watch = client_->Get(base::StrCat(kNamespaces, "?watch=true"));
  EXPECT_EQ(watch.code, 200);
  EXPECT_EQ(watch.body, "{\"type\":");
  EXPECT_EQ(server_->OpenWatches(), 0);
}

TEST_F(ApiServerFaults, WatchersGetRawBytesAndEnds) {
  const std::string now = "resourceVersion=" + VersionNow();
  const Transfer& first = Watch(now);
  server_->SendToWatchers("not JSON");
  ASSERT_TRUE(client_->RunUntil([&] { return first.body == "not JSON"; }));
  server_->EndWatches();
  ASSERT_TRUE(client_->RunUntil([&] { return first.done; }));
  EXPECT_EQ(first.result, CURLE_OK);

  const Transfer& second = Watch(now);
  server_->EndWatchesWithError(500);
  ASSERT_TRUE(client_->RunUntil([&] { return second.done; }));
  EXPECT_THAT(Told(second), ElementsAre("ERROR"));
  EXPECT_EQ(second.Lines()[0].at("object").at("code"), 500);
}

TEST_F(ApiServerFaults, WhatWasBeforeACompactionIsGone) {
  server_->SetNamespaces({{"a", {}}, {"b", {}}});
  const nlohmann::json page = client_->Get(base::StrCat(kNamespaces, "?limit=1")).Json();
  const std::string token = page.at("metadata").at("continue").get<std::string>();
  const std::string from = base::StrCat(kNamespaces, "?watch=1&resourceVersion=", VersionNow());
  server_->Compact();
  const Transfer& watch = client_->Get(from);
  EXPECT_EQ(watch.code, 410);
  EXPECT_EQ(watch.Json().at("reason"), "Expired");
  const Transfer& rest = client_->Get(base::StrCat(kNamespaces, "?limit=1&continue=", token));
  EXPECT_EQ(rest.code, 410);
  EXPECT_EQ(rest.Json().at("reason"), "Expired");
  // What is offered instead.
  const std::string other = rest.Json().at("metadata").at("continue").get<std::string>();
  EXPECT_THAT(NamesIn(client_->Get(base::StrCat(kNamespaces, "?limit=1&continue=", other)).Json()),
              ElementsAre("b"));

  server_->Compact(true);
  const Transfer& in_stream = client_->Get(from);
  EXPECT_EQ(in_stream.code, 200);
  EXPECT_THAT(Told(in_stream), ElementsAre("ERROR"));
  EXPECT_EQ(in_stream.Lines()[0].at("object").at("code"), 410);
  // And from now on it works.
  const Transfer& fresh = Watch("resourceVersion=" + VersionNow());
  server_->SetNamespace("c", {});
  ASSERT_TRUE(RunUntilLines(fresh, 1));
  EXPECT_THAT(Told(fresh), ElementsAre("ADDED c"));
}

TEST_F(ApiServerFaults, ARestoredServerDoesNotKnowTheFuture) {
  server_->SetNamespaces({{"a", {}}, {"b", {}}});
  const std::string known = VersionNow();
  server_->RewindTo(5);
  EXPECT_EQ(server_->resource_version(), 5);
  const Transfer& list = client_->Get(base::StrCat(kNamespaces, "?resourceVersion=", known));
  EXPECT_EQ(list.code, 504);
  EXPECT_EQ(list.Json().at("reason"), "Timeout");
  EXPECT_EQ(list.Json().at("details").at("causes").at(0).at("reason"), "ResourceVersionTooLarge");
  const nlohmann::json now = client_->Get(kNamespaces).Json();
  EXPECT_THAT(NamesIn(now), ElementsAre("a", "b"));
  EXPECT_EQ(now.at("items").at(0).at("metadata").at("resourceVersion"), "5");
  const Transfer& watch = Watch("resourceVersion=5");
  const Transfer& from_the_future = Watch("resourceVersion=" + known);
  server_->SetNamespace("c", {});
  ASSERT_TRUE(RunUntilLines(watch, 1));
  EXPECT_THAT(Told(watch), ElementsAre("ADDED c"));
  EXPECT_THAT(Told(from_the_future), IsEmpty());
}

TEST_F(ApiServerFaults, PausedWatchesHearOfChangesLater) {
  const Transfer& watch = Watch("resourceVersion=" + VersionNow());
  server_->PauseWatches();
  server_->SetNamespace("a", {});
  EXPECT_FALSE(client_->RunUntil([&] { return !watch.body.empty(); }, kNothingComes));
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);
  server_->ResumeWatches();
  ASSERT_TRUE(RunUntilLines(watch, 1));
  EXPECT_THAT(Told(watch), ElementsAre("ADDED a"));
}

TEST_F(ApiServerFaults, AFrozenServerIsSilentAndLosesNothing) {
  const Transfer& watch = Watch("resourceVersion=" + VersionNow());
  server_->Freeze();
  server_->SetNamespace("a", {});
  const Transfer& list = client_->Start({.path = kNamespaces});
  CurlClient other(ClientOptions());  // the kernel takes its connection, nobody else does
  const Transfer& other_list = other.Start({.path = kNamespaces});
  const std::clock_t worked_before = std::clock();
  EXPECT_FALSE(other.RunUntil([&] { return other_list.done; }, kNothingComes));
  EXPECT_FALSE(client_->RunUntil([&] { return list.done || watch.done || !watch.body.empty(); },
                                 kNothingComes));
  EXPECT_EQ(server_->Connections(), 1);
  // There is something to read and to accept all the time, and the thread does not spin over it.
  EXPECT_LT(milliseconds((std::clock() - worked_before) * 1000 / CLOCKS_PER_SEC), kNothingComes);
  server_->Thaw();
  ASSERT_TRUE(client_->RunUntil([&] { return list.done && !watch.Lines().empty(); }));
  ASSERT_TRUE(other.RunUntil([&] { return other_list.done; }));
  EXPECT_EQ(list.code, 200);
  EXPECT_EQ(other_list.code, 200);
  EXPECT_THAT(Told(watch), ElementsAre("ADDED a"));
}

TEST_F(ApiServerFaults, AStoppedServerComesBackAtTheSamePort) {
  const Transfer& watch = Watch("resourceVersion=" + VersionNow());
  const uint16_t port = server_->port();
  server_->Stop();
  EXPECT_EQ(server_->OpenWatches(), 0);
  ASSERT_TRUE(client_->RunUntil([&] { return watch.done; }));
  EXPECT_NE(watch.result, CURLE_OK);
  EXPECT_EQ(client_->Get(kNamespaces).result, CURLE_COULDNT_CONNECT);
  server_->SetNamespace("meanwhile", {});
  server_->Start();
  EXPECT_EQ(server_->port(), port);
  EXPECT_THAT(NamesIn(client_->Get(kNamespaces).Json()), ElementsAre("meanwhile"));
}

TEST_F(ApiServerFaults, AResetConnectionIsFollowedByAnother) {
  const Transfer& watch = Watch("resourceVersion=" + VersionNow());
  server_->ResetConnections();
  ASSERT_TRUE(client_->RunUntil([&] { return watch.done; }));
  EXPECT_NE(watch.result, CURLE_OK);
  EXPECT_EQ(client_->Get(kNamespaces).code, 200);
  EXPECT_EQ(server_->Connections(), 2);
}

TEST_F(ApiServerFaults, AResetIsNotAnOrderlyEnd) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
  ASSERT_TRUE(client_->RunUntil([&] { return server_->Connections() == 1; }));
  server_->ResetConnections();
  char byte = 0;
  EXPECT_EQ(::recv(socket.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(ApiServerFaults, BodiesTrickleAndTheRestComesAtOnceAfterwards) {
  server_->SetNamespace("a", {});
  const size_t size = client_->Get(kNamespaces).body.size();
  server_->Drip({.path_prefix = kNamespaces}, 100, milliseconds(10));
  const auto before = std::chrono::steady_clock::now();
  const Transfer& slow = client_->Get(kNamespaces);
  EXPECT_EQ(slow.body.size(), size);
  EXPECT_GT(slow.pieces, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(10) * (size / 100 - 1));
  EXPECT_EQ(client_->Get("/api/v1/nodes").pieces, 1);  // another path

  server_->ClearDrip();
  server_->Drip({.path_prefix = kNamespaces}, 1, std::chrono::hours(1));
  const Transfer& stuck = client_->Start({.path = kNamespaces});
  ASSERT_TRUE(client_->RunUntil([&] { return stuck.body.size() == 1; }));
  server_->ClearDrip();
  ASSERT_TRUE(client_->RunUntil([&] { return stuck.done; }));
  EXPECT_EQ(stuck.body, slow.body);
}

TEST_F(ApiServerFaults, AWatchTricklesToo) {
  const Transfer& watch = Watch("resourceVersion=" + VersionNow());
  server_->Drip({.watch = true}, 50, milliseconds(5));
  const auto before = std::chrono::steady_clock::now();
  server_->SetNamespace("a", {});
  ASSERT_TRUE(RunUntilLines(watch, 1));
  EXPECT_GE(std::chrono::steady_clock::now() - before,
            milliseconds(5) * (watch.body.size() / 50 - 1));
}

}  // namespace
}  // namespace sekisho::testing
