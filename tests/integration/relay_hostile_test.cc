// What no gRPC client would send, by a client that wants a request past the hook. Whatever the
// relay makes of it: what reaches the runtime is what was judged, and others are served.
#include <gmock/gmock.h>
#include <zlib.h>

#include "integration/relay_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

std::string Gzip(std::string text) {
  z_stream z{};
  EXPECT_EQ(::deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string out(1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(text.data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  (void)::deflateEnd(&z);
  return out;
}

std::string Plain(const std::string& message) {
  return GrpcFrame(message.size(), message);
}
std::string Flagged(const std::string& message) {  // "compressed"
  std::string frame = Plain(message);
  frame[0] = 1;
  return frame;
}

class RelayHostileTest : public RelayFixture {
 protected:
  void SetUp() override {
    hook_.decide = [this](std::string_view request, relay::UpstreamCaller&, auto done) {
      const std::lock_guard lock(mu_);
      judged_.emplace_back(request);
      done(relay::Verdict{absl::OkStatus()});
    };
    StartRelay();
  }
  // Sends one call in a connection of its own, and waits for its end.
  void Exchange(const std::string& method, const std::string& data, const MoreHeaders& headers) {
    const base::UniqueFd connection = Connect();
    EXPECT_TRUE(ExchangeUntilStreamEnds(connection.get(), Http2Call(method, data, headers), 20));
    EXPECT_TRUE(CallRaw(Channel(), kVersion, "").status.ok()) << "others are not served any more";
  }
  // What the runtime got, but for what others asked.
  std::vector<std::string> Reached() const {
    std::vector<std::string> requests;
    for (const FakeCall& call : runtime_->calls()) {
      if (call.method != kVersion) {
        requests.push_back(call.request);
      }
    }
    return requests;
  }

  std::vector<std::string> Judged() {
    const std::lock_guard lock(mu_);
    return judged_;
  }
  void ForgetWhatWasJudged() {
    const std::lock_guard lock(mu_);
    judged_.clear();
  }

  std::mutex mu_;
  std::vector<std::string> judged_;  // guarded by mu_
};

TEST_F(RelayHostileTest, WhatReachesTheRuntimeIsWhatWasJudged) {
  const struct {
    const char* what;
    std::string data;
    MoreHeaders headers = {};
    std::string reaches = {};
  } kRows[] = {
      {"an honest call", Plain("fine"), {}, "fine"},
      {"an honest compressed call", Flagged(Gzip("fine")), {{"grpc-encoding", "gzip"}}, "fine"},
      {"a second message", Plain("fine") + Plain("evil"), {}, "fine"},
      {"a second gzip member", Flagged(Gzip("fine") + Gzip("evil")), {{"grpc-encoding", "gzip"}}},
      {"bytes behind the gzip stream", Flagged(Gzip("fine") + "x"), {{"grpc-encoding", "gzip"}}},
      {"a gzip stream that is cut",
       Flagged(Gzip("fine").substr(0, 20)),
       {{"grpc-encoding", "gzip"}}},
      {"said to be compressed, and is not", Flagged("fine"), {{"grpc-encoding", "gzip"}}},
      {"gzip that is not said to be",
       Plain(Gzip("fine")),
       {{"grpc-encoding", "gzip"}},
       Gzip("fine")},
      {"a way to compress that gRPC does not know",
       Flagged("f"),
       {{"grpc-encoding", "snappy"}},
       "f"},
      {"more bytes than the frame says", GrpcFrame(2, "fine"), {}, "fi"},
      {"a frame of four gigabytes", GrpcFrame(0xffffffff, "fine")},
      {"an announced length that is not so", Plain("fine"), {{"content-length", "1"}}, "fine"},
      {"chunks of HTTP/1", Plain("fine"), {{"transfer-encoding", "chunked"}}, "fine"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    ForgetWhatWasJudged();
    const size_t before = Reached().size();
    Exchange(kCreateContainer, row.data, row.headers);
    const std::vector<std::string> all = Reached();
    const std::vector<std::string> now(all.begin() + static_cast<long>(before), all.end());
    EXPECT_EQ(now, row.reaches.empty() ? std::vector<std::string>()
                                       : std::vector<std::string>{row.reaches});
    EXPECT_EQ(now, Judged());
  }
}

// Each of them once more than it may be, or as it may not be. Some end the call, some count (of two
// paths the last), and none passes the hook by or ends the process.
TEST_F(RelayHostileTest, OddHeadersPassNoJudgementBy) {
  const MoreHeaders kRows[] = {
      {{":path", kVersion}},
      {{":path", "/runtime.v1.RuntimeService/Exec"}},
      {{":method", "GET"}},
      {{":authority", "elsewhere"}},
      {{"content-type", "text/plain"}},
      {{"Upper-Case", "x"}},
      {{"name with spaces", "x"}},
      {{"", "no name"}},
      {{"value", "x\r\nauthorization: forged"}},
      {{"value", std::string("x\0y", 3)}},
      {{"raw-bin", "no Base64!"}},
      {{"connection", "close"}},
      {{"grpc-timeout", ""}},
      {{"grpc-timeout", "-1S"}},
      {{"grpc-timeout", "0n"}},
      {{"grpc-timeout", "1x"}},
      {{"grpc-timeout", "99999999H"}},
      {{"grpc-timeout", "18446744073709551617S"}},
      {{"grpc-encoding", "gzip"}, {"grpc-encoding", "identity"}},
      {{"grpc-internal-encoding-request", "gzip"}},
      {{"grpc-status", "0"}, {"grpc-message", "fine"}},
      {{"sekisho-timing", "1\n"}},
  };
  for (const MoreHeaders& row : kRows) {
    SCOPED_TRACE(row.back().first + ": " + row.back().second);
    ForgetWhatWasJudged();
    const size_t before = runtime_->CountOf(kCreateContainer);
    Exchange(kCreateContainer, Plain("this"), row);
    // A caller's time may be up between the two.
    const size_t forwarded = runtime_->CountOf(kCreateContainer) - before;
    EXPECT_LE(forwarded, Judged().size());
    EXPECT_TRUE(forwarded == Judged().size() || row.front().second == "0n");
    EXPECT_LE(Judged().size(), 1u);
    for (const FakeCall& call : runtime_->calls()) {
      EXPECT_EQ(call.metadata.count("authorization"), 0u);
    }
  }
}

TEST_F(RelayHostileTest, NoOtherSpellingOfAMethodIsThatMethod) {
  for (const char* path :
       {"/runtime.v1.RuntimeService/%52unPodSandbox",
        "/runtime%2ev1.RuntimeService/CreateContainer",
        "/runtime.v1.RuntimeService/CreateContainer?x=1",
        "/runtime.v1.RuntimeService/CreateContainer#",
        "/runtime.v1.RuntimeService//CreateContainer",
        "/runtime.v1.RuntimeService/./CreateContainer",
        "/x/../runtime.v1.RuntimeService/CreateContainer",
        "/runtime.v1.RuntimeService/CreateContainer ",
        " /runtime.v1.RuntimeService/CreateContainer", "/runtime.v1.RuntimeService/createContainer",
        "runtime.v1.RuntimeService/CreateContainer",
        "http://localhost/runtime.v1.RuntimeService/CreateContainer",
        "/runtime.v1.RuntimeService\\CreateContainer", "", "/", "*"}) {
    SCOPED_TRACE(path);
    Exchange(path, Plain("evil"), {});
    EXPECT_TRUE(Reached().empty());
    EXPECT_TRUE(Judged().empty());
  }
}

}  // namespace
}  // namespace sekisho::testing
