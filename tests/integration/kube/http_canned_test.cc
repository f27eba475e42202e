// Answers that no good server gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "canned_server.h"
#include "http_fixture.h"

namespace sekisho::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kEmptyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class HttpCannedTest : public HttpTest {
 protected:
  void Serve(CannedServer::Options options) {
    options.certificate = pki_.ForServer({"127.0.0.1"});
    canned_ = std::make_unique<CannedServer>(std::move(options));
    StartLoop(ServiceAccount(canned_->url()));
  }

  std::unique_ptr<CannedServer> canned_;
};

TEST_F(HttpCannedTest, ARedirectIsAnAnswerAndNotFollowed) {
  StartServer();
  Serve({.certificate = {},
         .answer = StrCat("HTTP/1.1 302 Found\r\nLocation: ", server_->url(),
                          "/api/v1/namespaces\r\nContent-Length: 5\r\n\r\nthere")});
  const Exchange got = Get();
  EXPECT_TRUE(got.response.status.ok()) << got.response.status;
  EXPECT_EQ(got.response.code, 302);
  EXPECT_EQ(got.body, "there");
  EXPECT_EQ(server_->Connections(), 0);
}

TEST_F(HttpCannedTest, WhatIsNoWholeAnswerIsUnavailable) {
  struct Row {
    std::string_view name;
    std::string answer;
    std::string_view message;
    int code;
  };
  const std::array rows = {
      Row{"broken off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "broken off", 200},
      Row{"broken off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
          "broken off", 200},
      Row{"broken off in a header", "HTTP/1.1 200 OK\r\nContent-", "broken off", 200},
      Row{"nothing", "", "broken off", 0},
      Row{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "broken off", 0},
      Row{"no gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip", "broken off", 200},
      Row{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "broken off", 200},
  };
  for (const auto& [name, answer, message, code] : rows) {
    SCOPED_TRACE(name);
    loop_.reset();
    Serve({.certificate = {}, .answer = answer, .close_after_answer = true});
    const auto exchange = Start({.path = "/", .compressed = true});
    ASSERT_TRUE(RunUntil([&] { return exchange->done; }));
    EXPECT_EQ(exchange->response.status.code(), absl::StatusCode::kUnavailable)
        << exchange->response.status;
    EXPECT_THAT(exchange->response.status.message(), HasSubstr(message));
    EXPECT_EQ(exchange->response.code, code);
  }
}

TEST_F(HttpCannedTest, HeadersHaveAnEnd) {
  const std::string line = StrCat("X-Long: ", std::string(1'000, 'x'), "\r\n");
  Serve({.certificate = {}, .answer = "HTTP/1.1 200 OK\r\n", .flood = line});
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(got.response.status.message(), HasSubstr("header"));
}

TEST_F(HttpCannedTest, InterimAnswersHaveAnEnd) {
  Serve({.certificate = {}, .answer = {}, .flood = "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"});
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(got.response.status.message(), HasSubstr("header"));
}

TEST_F(HttpCannedTest, RetryAfterIsThatOfTheFinalAnswerInSeconds) {
  struct Row {
    std::string_view headers;
    std::optional<std::chrono::seconds> retry_after;
  };
  constexpr std::array kRows = {
      Row{"retry-AFTER:  120 \r\n", std::chrono::seconds(120)},
      Row{"Retry-After: 0\r\n", std::chrono::seconds(0)},
      Row{"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", std::nullopt},
      Row{"Retry-After: -1\r\n", std::nullopt},
      Row{"Retry-After: 99999999999999\r\n", std::nullopt},
      Row{"Retry-After:\r\n", std::nullopt},
      Row{"X-Retry-After: 5\r\n", std::nullopt},
  };
  for (const auto& [headers, retry_after] : kRows) {
    SCOPED_TRACE(headers);
    loop_.reset();
    Serve({.certificate = {},
           .answer = StrCat("HTTP/1.1 103 Early Hints\r\nRetry-After: 3\r\n\r\n",
                            "HTTP/1.1 503 Unavailable\r\n", headers, "Content-Length: 0\r\n\r\n")});
    const Exchange got = Get();
    EXPECT_TRUE(got.response.status.ok()) << got.response.status;
    EXPECT_EQ(got.response.code, 503);
    EXPECT_EQ(got.response.retry_after, retry_after);
  }
}

TEST_F(HttpCannedTest, NothingIsKeptForTheServer) {
  Serve({.certificate = {},
         .answer = "HTTP/1.1 200 OK\r\nSet-Cookie: id=1; Path=/\r\nContent-Length: 0\r\n\r\n"});
  EXPECT_EQ(Get().response.code, 200);
  EXPECT_EQ(Get().response.code, 200);
  const std::vector<std::string> heads = canned_->heads();
  ASSERT_EQ(heads.size(), 2U);
  EXPECT_THAT(heads.back(), Not(HasSubstr("ookie")));
  EXPECT_EQ(heads.back(), heads.front());
  EXPECT_THAT(heads.back(), HasSubstr("\r\nAuthorization: Bearer first-token\r\n"));
}

TEST_F(HttpCannedTest, OldTlsIsNotSpoken) {
  Serve({.certificate = {}, .answer = std::string(kEmptyAnswer), .only_old_tls = true});
  const Exchange got = Get();
  EXPECT_EQ(got.response.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(got.response.status.message(), HasSubstr("no TLS with 127.0.0.1:"));
  EXPECT_TRUE(canned_->heads().empty());
}

// HTTP/2 frames that mean nothing: SETTINGS, as every connection begins, and answers to a PING that
// nobody sent.
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
constexpr std::string_view kPingAnswer("\0\0\10\6\1\0\0\0\0abcdefgh", 17);

// libcurl reads for as long as they come. The loop gets out of that.
TEST_F(HttpCannedTest, AFloodOfEmptyFramesHoldsTheLoopUpForABoundedTime) {
  Serve({.certificate = {},
         .answer = std::string(kSettings),
         .flood = std::string(kPingAnswer),
         .http2 = true});
  HttpLoopOptions options = ServiceAccount(canned_->url());
  options.round_limit = milliseconds(200);
  StartLoop(options);
  const auto exchange = Start({.path = "/", .total_timeout = milliseconds(1'000)});
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(RunUntil([&] { return exchange->done; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(4'000));
  EXPECT_FALSE(exchange->response.status.ok());
}

// When they come one by one, libcurl comes back after each.
TEST_F(HttpCannedTest, ATrickleOfEmptyFramesDoesNotMakeTheLoopSpin) {
  Serve({.certificate = {},
         .answer = std::string(kSettings),
         .flood = std::string(kPingAnswer),
         .flood_interval = std::chrono::microseconds(50),
         .http2 = true});
  const auto exchange = Start({.path = "/"});
  RunFor(milliseconds(1'000));
  // Fifty rounds in a tenth of a second, and at most ten more behind the brake.
  EXPECT_LT(loop_->rounds(), 900U);
  EXPECT_FALSE(exchange->done) << exchange->response.status;
}

}  // namespace
}  // namespace sekisho::kube
