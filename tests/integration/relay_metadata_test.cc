// The relay: traces pass through it, and it tells what it took only whoever asks.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "integration/relay_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using std::chrono::microseconds;
using ::testing::Contains;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kAsk[] = "sekisho-timing";
constexpr char kDecision[] = "sekisho-decision-us";
constexpr char kUpstream[] = "sekisho-upstream-us";

const Metadata kTrace = {
    {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"tracestate", "vendor=t61rcWkgMzE,other=00f067aa0ba902b7"},
    {"baggage", "tenant=shop,rollout=7"},
};

// Nothing when it is not there, is there twice, or is no decimal number.
std::optional<microseconds> TimeIn(const Metadata& trailers, const std::string& key) {
  const auto found = trailers.find(key);
  if (found == trailers.end() || trailers.count(key) != 1 || found->second.empty() ||
      !std::all_of(found->second.begin(), found->second.end(),
                   [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return microseconds(std::stoll(found->second));
}

class RelayMetadataTest : public RelayFixture {
 protected:
  void SetUp() override { StartRelay(); }
  void RefuseEverything() {
    hook_.decide = [](std::string_view, relay::UpstreamCaller&, auto done) {
      done(relay::Verdict{absl::PermissionDeniedError("no")});
    };
  }
  RawResult Call(const char* method, Metadata metadata) {
    RawCallOptions options;
    options.metadata = std::move(metadata);
    return CallRaw(Channel(), method, "x", options);
  }
};

TEST_F(RelayMetadataTest, ATraceReachesTheRuntimeOnEveryKindOfCall) {
  for (const char* method : {kVersion, kCreateContainer, kGetContainerEvents}) {
    SCOPED_TRACE(method);
    EXPECT_TRUE(Call(method, kTrace).status.ok());
    const Metadata seen = runtime_->calls().back().metadata;
    for (const auto& [key, value] : kTrace) {
      EXPECT_THAT(seen, Contains(Pair(key, value)));
      EXPECT_EQ(seen.count(key), 1u);
    }
  }
}

TEST_F(RelayMetadataTest, ATracedCallIsRefusedLikeAnyOther) {
  RefuseEverything();
  EXPECT_EQ(Call(kCreateContainer, kTrace).status.error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Call("/some.other.Service/Method", kTrace).status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

// HPACK carries any bytes, and gRPC ends the process over some of them when it is to send them on.
TEST_F(RelayMetadataTest, WhatGrpcCannotSendOnIsRefusedAndHarmsNobody) {
  const struct {
    const char* name;
    std::pair<std::string, std::string> header;
    size_t reach;
  } kRows[] = {
      {"as it should be", {"trace", "a ~"}, 1},
      {"any bytes, where they may be", {"trace-bin", "/wAK"}, 1},
      {"control character", {"trace", "a\nb"}, 0},
      {"beyond ASCII", {"trace", "\xff"}, 0},
      {"in our own key", {"sekisho-timing", std::string(1, '\0')}, 0},
      {"name in capitals", {"Trace", "a"}, 0},
      {"name with a space", {"a b", "a"}, 0},
      {"no name", {"", "a"}, 0},
  };
  for (const char* method : {kVersion, kCreateContainer, kGetContainerEvents}) {
    for (const auto& row : kRows) {
      SCOPED_TRACE(std::string(method) + ", " + row.name);
      const size_t before = runtime_->CountOf(method);
      const base::UniqueFd client = Connect();
      EXPECT_TRUE(ExchangeUntilStreamEnds(client.get(),
                                          Http2Call(method, GrpcFrame(1, "x"), {row.header}), 20));
      EXPECT_EQ(runtime_->CountOf(method), before + row.reach);
    }
    EXPECT_TRUE(Call(method, {}).status.ok());
  }
}

TEST_F(RelayMetadataTest, WhoDoesNotAskHearsNoTimes) {
  for (const char* method : {kVersion, kCreateContainer, kGetContainerEvents}) {
    SCOPED_TRACE(method);
    EXPECT_THAT(Call(method, kTrace).trailing_metadata, SizeIs(0));
  }
  RefuseEverything();
  EXPECT_THAT(Call(kCreateContainer, {}).trailing_metadata, SizeIs(0));
}

TEST_F(RelayMetadataTest, WhoAsksHearsWhatTheDecisionAndTheRuntimeTook) {
  struct Case {
    const char* why;
    const char* method;
    bool refused;
    bool decision;
    bool upstream;
  };
  for (const Case& row : {Case{"forwarded", kVersion, false, false, true},
                          Case{"checked", kCreateContainer, false, true, true},
                          Case{"a stream", kGetContainerEvents, false, false, true},
                          Case{"refused", kCreateContainer, true, true, false},
                          Case{"unknown", "/some.other.Service/Method", false, false, false}}) {
    SCOPED_TRACE(row.why);
    hook_.decide = {};
    if (row.refused) {
      RefuseEverything();
    }
    for (const char* value : {"1", "", "whatever"}) {
      const auto begin = std::chrono::steady_clock::now();
      const RawResult result = Call(row.method, {{kAsk, value}});
      const auto whole = std::chrono::steady_clock::now() - begin;
      const std::optional<microseconds> decision = TimeIn(result.trailing_metadata, kDecision);
      const std::optional<microseconds> upstream = TimeIn(result.trailing_metadata, kUpstream);
      EXPECT_EQ(decision.has_value(), row.decision);
      EXPECT_EQ(upstream.has_value(), row.upstream);
      EXPECT_LE(decision.value_or(microseconds(0)) + upstream.value_or(microseconds(0)), whole);
      EXPECT_THAT(result.trailing_metadata,
                  SizeIs((row.decision ? 1u : 0u) + (row.upstream ? 1u : 0u)));
    }
  }
}

TEST_F(RelayMetadataTest, TheQuestionForTimesEndsAtTheAgent) {
  for (const char* method : {kVersion, kCreateContainer, kGetContainerEvents}) {
    SCOPED_TRACE(method);
    (void)Call(method, {{kAsk, "1"}, {kAsk, "2"}, {"sekisho-other", "kept"}});
    const Metadata seen = runtime_->calls().back().metadata;
    EXPECT_EQ(seen.count(kAsk), 0u);
    EXPECT_THAT(seen, Contains(Pair("sekisho-other", "kept")));
  }
}

TEST_F(RelayMetadataTest, ARuntimeCannotTellTheTimesInTheAgentsPlace) {
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply = ReplyWith("x");
    reply.trailing_metadata = {{kDecision, "made up"}, {kUpstream, "made up"}, {"own", "kept"}};
    return reply;
  });
  for (const char* method : {kVersion, kGetContainerEvents}) {
    SCOPED_TRACE(method);
    const RawResult asked = Call(method, {{kAsk, "1"}});
    EXPECT_EQ(asked.trailing_metadata.count(kDecision), 0u);
    EXPECT_TRUE(TimeIn(asked.trailing_metadata, kUpstream).has_value());
    EXPECT_THAT(asked.trailing_metadata, Contains(Pair("own", "kept")));
    // Without the question the names mean nothing, and pass like any other.
    const RawResult not_asked = Call(method, {});
    EXPECT_THAT(not_asked.trailing_metadata, Contains(Pair(kDecision, "made up")));
    EXPECT_THAT(not_asked.trailing_metadata, Contains(Pair(kUpstream, "made up")));
  }
}

TEST_F(RelayMetadataTest, ARuntimesErrorCarriesTheTimesToo) {
  runtime_->SetHandler([](const FakeCall&) {
    return ReplyWith(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "details"));
  });
  const RawResult result = Call(kCreateContainer, {{kAsk, "1"}});
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(result.status.error_details(), "details");
  EXPECT_TRUE(TimeIn(result.trailing_metadata, kDecision).has_value());
  EXPECT_TRUE(TimeIn(result.trailing_metadata, kUpstream).has_value());
}

}  // namespace
}  // namespace sekisho::testing
