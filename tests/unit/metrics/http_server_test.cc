// The server, over real sockets, with clients that write and read bytes as they please.
#include "metrics/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/str_cat.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"
#include "unit/metrics/http_client.h"

namespace sekisho::metrics {
namespace {

using sekisho::testing::Client;
using sekisho::testing::ConnectTcp;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

enum class Transport { kUnix, kV4, kV6 };

class HttpServerTest : public ::testing::TestWithParam<Transport> {
 protected:
  // False: this machine does not have the transport.
  bool Begin(const HttpLimits& limits = {}) {
    base::UniqueFd listening;
    if (GetParam() == Transport::kUnix) {
      listening = sekisho::testing::ListenUnix(dir_.File("m.sock"));
    } else {
      absl::StatusOr<base::UniqueFd> tcp =
          ListenOnLoopback(GetParam() == Transport::kV6 ? "[::1]:0" : "127.0.0.1:0");
      if (!tcp.ok()) {
        return false;
      }
      port_ = PortOf(tcp->get());
      listening = std::move(*tcp);
    }
    auto server = HttpServer::Start(
        std::move(listening), [this](std::string_view path) { return Answer(path); }, limits);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    return true;
  }
  Client Connect() {
    return Client(GetParam() == Transport::kUnix
                      ? sekisho::testing::ConnectUnix(dir_.File("m.sock"))
                      : ConnectTcp(GetParam() == Transport::kV6, port_));
  }
  std::string Get(std::string_view path) {
    return Connect().Ask(
        base::StrCat("GET ", path, " HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"));
  }
  std::vector<std::string> Paths() {
    const std::lock_guard lock(mutex_);
    return paths_;
  }

  HttpAnswer Answer(std::string_view path) {
    const std::lock_guard lock(mutex_);
    paths_.emplace_back(path);
    threads_.insert(std::this_thread::get_id());
    if (path == "/metrics") {
      return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = "up 1\n"};
    }
    if (path == "/large") {
      return {.body = std::string(kLarge, 'x')};
    }
    if (path == "/readyz") {
      return {.status = 503, .body = "not yet\n"};
    }
    return {.status = 404, .body = "no such page\n"};
  }

  static constexpr size_t kLarge = size_t{32} << 20U;
  sekisho::testing::TempDir dir_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> paths_;
  std::set<std::thread::id> threads_;
  std::unique_ptr<HttpServer> server_;
};

TEST_P(HttpServerTest, AnswersWithWhatTheHandlerSays) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  const std::string answer = Get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nup 1\n"));
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nnot yet\n")));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 404 "));
}

TEST_P(HttpServerTest, ThePathIsAsItWasSentWithoutItsQuery) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  EXPECT_THAT(Get("/metrics?x=1&y"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get("/%6detrics"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics%00"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/../metrics"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(Paths(),
            (std::vector<std::string>{"/metrics", "/%6detrics", "/metrics%00", "/../metrics"}));
}

TEST_P(HttpServerTest, HeadIsTheSameWithoutTheBody) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  const std::string answer =
      Connect().Ask("HEAD /metrics HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\nContent-Length: 5\r\n"),
                            EndsWith("\r\n\r\n")));
  EXPECT_EQ(Paths(), (std::vector<std::string>{"/metrics"}));
}

TEST_P(HttpServerTest, OtherMethodsAreNotAllowedAndReachNoHandler) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  const std::string large(100'000, 'b');
  for (const std::string& request : {
           std::string("POST /metrics HTTP/1.1\r\nHost: n\r\nContent-Length: 4\r\n\r\nbody"),
           base::StrCat("PUT /metrics HTTP/1.1\r\nHost: n\r\nContent-Length: 100000\r\n\r\n",
                        large),
           std::string("POST /metrics HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"),
           std::string("DELETE /metrics HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n"),
           std::string("OPTIONS * HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n"),
           std::string("get /metrics HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n"),
       }) {
    SCOPED_TRACE(request.substr(0, 40));
    Client client = Connect();
    client.Send(request);
    // A server that ends a connection with bytes unread takes back what it said (TCP), so that not
    // the whole answer need arrive.
    const std::string answer = client.ReadUntil("\r\n\r\n");
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  }
  EXPECT_TRUE(Paths().empty());
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_P(HttpServerTest, ABodyThatComesWithGetIsPassedOver) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  EXPECT_THAT(Connect().Ask("GET /metrics HTTP/1.1\r\nHost: n\r\nContent-Length: 5\r\n"
                            "Connection: close\r\n\r\nhello"),
              EndsWith("\r\n\r\nup 1\n"));
  EXPECT_EQ(Paths().size(), 1U);
}

TEST_P(HttpServerTest, RequestsOnOneConnectionAreAnsweredInTheirOrder) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  const std::string answers = Connect().Ask(
      "GET /metrics HTTP/1.1\r\nHost: n\r\n\r\n"
      "HEAD /readyz HTTP/1.1\r\nHost: n\r\n\r\n"
      "GET /other HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Paths(), (std::vector<std::string>{"/metrics", "/readyz", "/other"}));
  const size_t first = answers.find("HTTP/1.1 200 ");
  const size_t second = answers.find("HTTP/1.1 503 ");
  const size_t third = answers.find("HTTP/1.1 404 ");
  ASSERT_NE(third, std::string::npos) << answers;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_P(HttpServerTest, AnOldClientIsServedToo) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  EXPECT_THAT(Connect().Ask("GET /metrics HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\nup 1\n"));
}

TEST_P(HttpServerTest, GarbageEndsItsOwnConnectionOnly) {
  if (!Begin({.idle = std::chrono::seconds(1)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  for (const std::string& garbage : {
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),  // TLS
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
           std::string("GET\r\n\r\n"),
           std::string("GET /metrics\r\n\r\n"),
           std::string("GET /metrics HTTP/9.9\r\n\r\n"),
           std::string("GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
           std::string("GET /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
           std::string("GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
           std::string(4096, '\0'),
           std::string(100'000, '\n'),
       }) {
    SCOPED_TRACE(garbage.substr(0, 40));
    (void)Connect().Ask(garbage);  // returns: the connection ends
    EXPECT_THAT(Get("/metrics"), EndsWith("\r\n\r\nup 1\n"));
  }
}

TEST_P(HttpServerTest, ARequestIsNotLetGrow) {
  if (!Begin({.idle = std::chrono::seconds(1)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  const std::string long_text(1'000'000, 'h');
  for (const std::string& request : {
           base::StrCat("GET /metrics HTTP/1.1\r\nHost: n\r\nX-Large: ", long_text, "\r\n\r\n"),
           base::StrCat("GET /", long_text, " HTTP/1.1\r\nHost: n\r\n\r\n"),
       }) {
    Client client = Connect();
    client.Send(request);
    EXPECT_THAT(client.ReadToEnd(), Not(StartsWith("HTTP/1.1 200 ")));
  }
  EXPECT_TRUE(Paths().empty());
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_P(HttpServerTest, ASlowClientIsCutOffAndHoldsUpNobody) {
  if (!Begin({.idle = std::chrono::seconds(1)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  Client silent = Connect();
  Client slow = Connect();
  slow.Send("GET /metr");
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(slow.ReadToEnd(), Not(HasSubstr(" 200 ")));
  EXPECT_EQ(silent.ReadToEnd(), "");
}

TEST_P(HttpServerTest, AClientThatNeverReadsIsCutOffAndHoldsUpNobody) {
  if (!Begin({.idle = std::chrono::seconds(1)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  Client deaf = Connect();
  deaf.Send("GET /large HTTP/1.1\r\nHost: n\r\n\r\n");
  // The whole of it for another client, while the first has its answer pending.
  EXPECT_GT(Get("/large").size(), kLarge);
  if (GetParam() == Transport::kUnix) {
    EXPECT_TRUE(deaf.SeesTheEnd());  // TCP cannot tell the end before what is unread
  }
  server_.reset();
  EXPECT_LT(deaf.ReadToEnd().size(), kLarge);
}

TEST_P(HttpServerTest, AClientThatGoesAwayInTheMiddleIsForgotten) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  for (int i = 0; i < 20; ++i) {
    Connect().Send("GET /large HTTP/1.1\r\nHost: n\r\n\r\n");
  }
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_P(HttpServerTest, WhoComesWhenAllPlacesAreTakenWaitsUntilOneIsFree) {
  if (!Begin({.connections = 4, .idle = std::chrono::seconds(1)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  std::vector<Client> holding;
  for (int i = 0; i < 4; ++i) {
    holding.push_back(Connect());
    holding.back().Send("GET /metr");
  }
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_P(HttpServerTest, ManyClientsAreAllServedByOneThread) {
  if (!Begin()) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  constexpr int kClients = 8;
  constexpr int kEach = 25;
  std::atomic<int> served = 0;
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([this, &served] {
      for (int i = 0; i < kEach; ++i) {
        served += Get("/metrics").ends_with("up 1\n") ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(served, kClients * kEach);
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(threads_.size(), 1U);
  EXPECT_EQ(threads_.count(std::this_thread::get_id()), 0U);
}

TEST_P(HttpServerTest, EndsWhileClientsAreConnected) {
  if (!Begin({.idle = std::chrono::seconds(60)})) {
    GTEST_SKIP() << "no such addresses on this machine";
  }
  Client silent = Connect();
  Client slow = Connect();
  slow.Send("GET /metr");
  Client deaf = Connect();
  deaf.Send("GET /large HTTP/1.1\r\nHost: n\r\n\r\n");
  Client kept = Connect();
  kept.Send("GET /metrics HTTP/1.1\r\nHost: n\r\n\r\n");
  EXPECT_THAT(kept.ReadUntil("up 1\n"), StartsWith("HTTP/1.1 200 "));
  const auto begun = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
  EXPECT_EQ(kept.ReadToEnd(), "");
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(slow.ReadToEnd(), "");
  EXPECT_LT(deaf.ReadToEnd().size(), kLarge);
}

INSTANTIATE_TEST_SUITE_P(Sockets, HttpServerTest,
                         ::testing::Values(Transport::kUnix, Transport::kV4, Transport::kV6),
                         [](const auto& transport) {
                           switch (transport.param) {
                             case Transport::kUnix:
                               return "Unix";
                             case Transport::kV4:
                               return "IPv4";
                             case Transport::kV6:
                               break;
                           }
                           return "IPv6";
                         });

}  // namespace
}  // namespace sekisho::metrics
