// The relay, unary calls: what goes in comes out, and what is refused never reaches the runtime.
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "integration/relay_fixture.h"
#include "support/raw_http2.h"

namespace sekisho::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class RelayTest : public RelayFixture {};

TEST_F(RelayTest, EveryMethodOfTheTableReachesTheRuntimeAndItsAnswerComesBack) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall& call) { return ReplyWith("answer to " + call.request); });
  const auto channel = Channel();
  for (const relay::MethodEntry& method : relay::MethodTable()) {
    SCOPED_TRACE(method.path);
    const RawResult result = CallRaw(channel, std::string(method.path), "question");
    EXPECT_TRUE(result.status.ok()) << result.status.error_message();
    EXPECT_THAT(result.messages, ElementsAre("answer to question"));
    EXPECT_EQ(runtime_->CountOf(method.path), 1u);
  }
}

TEST_F(RelayTest, MetadataPassesBothWaysBinaryAndRepeatedKeysIncluded) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply = ReplyWith("x");
    reply.initial_metadata = {{"lead", "1"}, {"lead-bin", std::string("\0\xff", 2)}};
    reply.trailing_metadata = {{"trail", "2"}, {"trail", "3"}};
    return reply;
  });
  RawCallOptions options;
  options.metadata = {{"key", "a"}, {"key", "b"}, {"raw-bin", std::string("\x01\0\x02", 3)}};
  const RawResult result = CallRaw(Channel(), kVersion, "", options);
  EXPECT_THAT(result.initial_metadata, Contains(Pair("lead", "1")));
  EXPECT_THAT(result.initial_metadata, Contains(Pair("lead-bin", std::string("\0\xff", 2))));
  EXPECT_THAT(result.trailing_metadata, Contains(Pair("trail", "2")));
  EXPECT_THAT(result.trailing_metadata, Contains(Pair("trail", "3")));
  ASSERT_THAT(runtime_->calls(), SizeIs(1));
  const Metadata seen = runtime_->calls()[0].metadata;
  EXPECT_EQ(seen.count("key"), 2u);
  EXPECT_THAT(seen, Contains(Pair("raw-bin", std::string("\x01\0\x02", 3))));
}

TEST_F(RelayTest, StatusCodeMessageAndDetailsPassUnchanged) {
  StartRelay();
  const std::string details("\x08\x05\x12\x03xyz\0\xfe", 9);
  const std::string text = "rpc error: “quoted”, % and\ta tab";
  for (int code = 1; code <= 16; ++code) {
    SCOPED_TRACE(code);
    runtime_->SetHandler([&](const FakeCall&) {
      FakeReply reply = ReplyWith(grpc::Status(static_cast<grpc::StatusCode>(code), text, details));
      reply.trailing_metadata = {{"why", "because"}};
      return reply;
    });
    const RawResult result = CallRaw(Channel(), kVersion, "");
    EXPECT_EQ(result.status.error_code(), code);
    EXPECT_EQ(result.status.error_message(), text);
    EXPECT_EQ(result.status.error_details(), details);
    EXPECT_EQ(result.trailing_metadata.count("grpc-status-details-bin"), 1u);
    EXPECT_THAT(result.trailing_metadata, Contains(Pair("why", "because")));
  }
}

TEST_F(RelayTest, ALongErrorTextIsNotCutOff) {
  StartRelay();
  const std::string text(100'000, 'e');
  runtime_->SetHandler(
      [&](const FakeCall&) { return ReplyWith(grpc::Status(grpc::StatusCode::UNKNOWN, text)); });
  EXPECT_EQ(CallRaw(Channel(), kVersion, "").status.error_message(), text);
}

TEST_F(RelayTest, TheDeadlineReachesTheRuntime) {
  StartRelay();
  RawCallOptions options;
  options.timeout = std::chrono::seconds(77);
  const auto expected = std::chrono::system_clock::now() + options.timeout;
  (void)CallRaw(Channel(), kVersion, "", options);
  ASSERT_THAT(runtime_->calls(), SizeIs(1));
  const auto difference = runtime_->calls()[0].deadline - expected;
  EXPECT_LT(std::chrono::abs(difference), std::chrono::seconds(2));
}

TEST_F(RelayTest, AnExpiredDeadlineCancelsTheRuntimesCall) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    return reply;
  });
  RawCallOptions options;
  options.timeout = std::chrono::milliseconds(300);
  const RawResult result = CallRaw(Channel(), kVersion, "", options);
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(runtime_->WaitForCancellations(1));
}

TEST_F(RelayTest, CancellationReachesTheRuntime) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) {
    FakeReply reply;
    reply.hang = true;
    return reply;
  });
  RawCall call(Channel(), kVersion);
  ASSERT_TRUE(call.Send("x"));
  ASSERT_TRUE(runtime_->WaitForCalls(1));
  call.Cancel();
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(runtime_->WaitForCancellations(1));
}

TEST_F(RelayTest, AClientThatDisappearsCancelsItsCallsAndHurtsNobodyElse) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall& call) {
    FakeReply reply = ReplyWith("fine");
    reply.hang = call.request == "hang";
    return reply;
  });
  {
    base::UniqueFd gone = Connect();
    const std::string bytes = Http2Call(kVersion, GrpcFrame(4, "hang"));
    ASSERT_EQ(::send(gone.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    ASSERT_TRUE(runtime_->WaitForCalls(1));
  }
  EXPECT_TRUE(runtime_->WaitForCancellations(1));
  EXPECT_THAT(CallRaw(Channel(), kVersion, "").messages, ElementsAre("fine"));
}

TEST_F(RelayTest, CompressedMessagesKeepTheirForm) {
  StartRelay();
  const std::string text(50'000, 'z');
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    runtime_->SetHandler([&](const FakeCall& call) {
      FakeReply reply = ReplyWith(call.request);
      reply.compression = algorithm;
      return reply;
    });
    RawCallOptions options;
    options.compression = algorithm;
    const RawResult result = CallRaw(Channel(), kVersion, text, options);
    EXPECT_THAT(result.messages, ElementsAre(text)) << result.status.error_message();
    EXPECT_THAT(result.compressions, ElementsAre(algorithm));
    EXPECT_EQ(runtime_->calls().back().compression, algorithm);
    EXPECT_EQ(runtime_->calls().back().request, text);
  }
}

TEST_F(RelayTest, ACompressedCheckedRequestIsReadByTheHookAndForwardedAsItWas) {
  StartRelay();
  const std::string text(50'000, 'q');
  std::string seen;
  hook_.decide = [&](std::string_view request, relay::UpstreamCaller&, auto done) {
    seen = std::string(request);
    done(relay::Verdict{absl::OkStatus()});
  };
  RawCallOptions options;
  options.compression = GRPC_COMPRESS_GZIP;
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, text, options).status.ok());
  EXPECT_EQ(seen, text);
  EXPECT_EQ(runtime_->calls().back().compression, GRPC_COMPRESS_GZIP);
}

TEST_F(RelayTest, AnEditedRequestReplacesTheCallersCompressedOrNot) {
  StartRelay();
  const std::string edited(20'000, 'e');
  hook_.decide = [&](std::string_view, relay::UpstreamCaller&, auto done) {
    done(relay::Verdict{absl::OkStatus(), edited});
  };
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, "plain").status.ok());
  EXPECT_EQ(runtime_->calls().back().request, edited);
  RawCallOptions options;
  options.compression = GRPC_COMPRESS_GZIP;
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, std::string(9'000, 'c'), options).status.ok());
  EXPECT_EQ(runtime_->calls().back().request, edited);
}

TEST_F(RelayTest, MessagesOf64MiBPassAndLargerOnesAreRefused) {
  StartRelay();
  const size_t limit = size_t{64} << 20;
  runtime_->SetHandler([](const FakeCall& call) { return ReplyWith(call.request); });
  const std::string largest(limit, 'L');
  const RawResult result = CallRaw(Channel(), kVersion, largest);
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_TRUE(result.messages.at(0) == largest);  // EXPECT_EQ would print both
  EXPECT_EQ(CallRaw(Channel(), kVersion, largest + "x").status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(runtime_->calls().size(), 1u);
}

TEST_F(RelayTest, ADecompressionBombIsRefused) {
  StartRelay();
  RawCallOptions options;
  options.compression = GRPC_COMPRESS_GZIP;
  const RawResult result =
      CallRaw(Channel(), kCreateContainer, std::string((size_t{64} << 20) + 1, '\0'), options);
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, ADenialKeepsItsCodeAndTextAndNothingReachesTheRuntime) {
  StartRelay();
  hook_.decide = [](std::string_view, relay::UpstreamCaller&, auto done) {
    done(relay::Verdict{absl::PermissionDeniedError("violates: \"this\"")});
  };
  const RawResult result = CallRaw(Channel(), kCreateContainer, "x");
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(result.status.error_message(), "violates: \"this\"");
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, AVerdictThatNobodyFilledInDenies) {
  StartRelay();
  hook_.decide = [](std::string_view, relay::UpstreamCaller&, auto done) { done({}); };
  EXPECT_EQ(CallRaw(Channel(), kCreateContainer, "x").status.error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, OtherServicesAndUnknownMethodsAreUnimplemented) {
  StartRelay();
  const auto channel = Channel();
  for (const char* method :
       {"/runtime.v1alpha2.RuntimeService/RunPodSandbox",
        "/containerd.services.containers.v1.Containers/Create",
        "/runtime.v1.RuntimeService/MadeUpLater", "/runtime.v1.runtimeservice/Version",
        "/runtime.v1.RuntimeService/RunPodSandbox/", "//runtime.v1.RuntimeService/RunPodSandbox",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    SCOPED_TRACE(method);
    EXPECT_EQ(CallRaw(channel, method, "x").status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, UnknownMethodsAreForwardedOnlyOnDemand) {
  relay::ServerOptions options;
  options.forward_unknown = true;
  StartRelay(options);
  runtime_->SetHandler([](const FakeCall&) { return ReplyWith("new"); });
  const RawResult result = CallRaw(Channel(), "/runtime.v1.RuntimeService/MadeUpLater", "x");
  EXPECT_TRUE(result.status.ok());
  EXPECT_THAT(result.messages, ElementsAre("new"));
}

TEST_F(RelayTest, ATruncatedMessageNeverReachesTheRuntime) {
  StartRelay();
  for (const char* method : {kVersion, kCreateContainer}) {
    base::UniqueFd connection = Connect();
    EXPECT_TRUE(ExchangeUntilStreamEnds(connection.get(),
                                        Http2Call(method, GrpcFrame(100, "only these")), 20));
  }
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, ACallWithoutAMessageNeverReachesTheRuntime) {
  StartRelay();
  base::UniqueFd connection = Connect();
  EXPECT_TRUE(ExchangeUntilStreamEnds(connection.get(), Http2Call(kCreateContainer, ""), 20));
  EXPECT_THAT(runtime_->calls(), SizeIs(0));
}

TEST_F(RelayTest, ByteNoiseOnOneConnectionHurtsNobodyElse) {
  StartRelay();
  base::UniqueFd connection = Connect();
  EXPECT_TRUE(ExchangeUntilStreamEnds(connection.get(), std::string(5000, '\x5a'), 20));
  EXPECT_TRUE(CallRaw(Channel(), kVersion, "").status.ok());
}

TEST_F(RelayTest, TheHookHearsOfObservedAnswersBeforeTheCaller) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall&) { return ReplyWith("sandbox-1"); });
  EXPECT_TRUE(CallRaw(Channel(), kRunPodSandbox, "pod").status.ok());
  ASSERT_THAT(hook_.responses(), SizeIs(1));
  EXPECT_EQ(hook_.responses()[0].request, "pod");
  EXPECT_EQ(hook_.responses()[0].response, "sandbox-1");
  EXPECT_TRUE(CallRaw(Channel(), kRemovePodSandbox, "sandbox-1").status.ok());
  ASSERT_THAT(hook_.responses(), SizeIs(2));
  EXPECT_EQ(hook_.responses()[1].request, "sandbox-1");
  EXPECT_TRUE(CallRaw(Channel(), kStartContainer, "container-1").status.ok());
  ASSERT_THAT(hook_.responses(), SizeIs(3));
  EXPECT_EQ(hook_.responses()[2].request, "container-1");
  EXPECT_TRUE(CallRaw(Channel(), kVersion, "").status.ok());
  EXPECT_THAT(hook_.responses(), SizeIs(3));
}

TEST_F(RelayTest, WhatAHookKeepsOfARequestComesBackWithItsAnswerAndGoesWithTheCall) {
  StartRelay();
  const auto kept = std::make_shared<const relay::Kept>();
  hook_.decide = [&](std::string_view request, relay::UpstreamCaller&, auto done) {
    done({.status = absl::OkStatus(),
          .edited_request = {},
          .kept = request == "k" ? kept : nullptr});
  };
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, "k").status.ok());
  EXPECT_TRUE(CallRaw(Channel(), kCreateContainer, "none").status.ok());
  ASSERT_THAT(hook_.responses(), SizeIs(2));
  EXPECT_EQ(hook_.responses()[0].kept, kept.get());
  EXPECT_EQ(hook_.responses()[1].kept, nullptr);
  server_->Shutdown(std::chrono::seconds(5));
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(RelayTest, AHookMayAskTheRuntimeFirst) {
  StartRelay();
  hook_.decide = [](std::string_view, relay::UpstreamCaller& upstream, auto done) {
    upstream.CallUnary("/runtime.v1.RuntimeService/PodSandboxStatus", "who",
                       std::chrono::seconds(5), [done](absl::StatusOr<std::string> answer) {
                         done(relay::Verdict{absl::OkStatus(), "is " + *answer});
                       });
  };
  runtime_->SetHandler([](const FakeCall& call) { return ReplyWith(call.request + "!"); });
  const RawResult result = CallRaw(Channel(), kCreateContainer, "x");
  EXPECT_THAT(result.messages, ElementsAre("is who!!"));
}

TEST_F(RelayTest, ACallCancelledWhileTheHookWaitsIsNotForwarded) {
  StartRelay();
  std::promise<void> waiting;
  std::promise<std::function<void(relay::Verdict)>> held;
  hook_.decide = [&](std::string_view, relay::UpstreamCaller& upstream, auto done) {
    // Decided only when a call of our own has come back from the runtime, which the test holds up.
    upstream.CallUnary(
        kVersion, "hold", std::chrono::seconds(20),
        [done](const absl::StatusOr<std::string>&) { done(relay::Verdict{absl::OkStatus()}); });
  };
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  runtime_->SetHandler([released](const FakeCall& call) {
    if (call.request == "hold") {
      released.wait();
    }
    return ReplyWith("");
  });
  const auto channel = Channel();
  {
    RawCall call(channel, kCreateContainer);
    ASSERT_TRUE(call.Send("x"));
    ASSERT_TRUE(runtime_->WaitForCalls(1));
    call.Cancel();
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
    // The relay has seen the cancellation once a later call on the same connection is through.
    EXPECT_TRUE(CallRaw(channel, kVersion, "later").status.ok());
  }
  release.set_value();
  EXPECT_TRUE(CallRaw(channel, kVersion, "last").status.ok());
  server_->Shutdown(std::chrono::seconds(5));
  EXPECT_EQ(runtime_->CountOf(kCreateContainer), 0u);
}

TEST_F(RelayTest, TheRuntimeMayRestartUnderTheRelay) {
  StartRelay();
  const auto channel = Channel();
  EXPECT_TRUE(CallRaw(channel, kVersion, "").status.ok());
  runtime_.reset();
  EXPECT_EQ(CallRaw(channel, kVersion, "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  runtime_ = std::make_unique<FakeRuntime>(socket_path());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool back = false;
  while (!back && std::chrono::steady_clock::now() < give_up) {
    back = CallRaw(channel, kVersion, "").status.ok();
  }
  EXPECT_TRUE(back);
}

TEST_F(RelayTest, CallUpstreamAnswersAndFails) {
  StartRelay();
  runtime_->SetHandler([](const FakeCall& call) {
    return call.request == "ok" ? ReplyWith("yes")
                                : ReplyWith(grpc::Status(grpc::StatusCode::NOT_FOUND, "no"));
  });
  EXPECT_EQ(*server_->CallUpstream(kVersion, "ok", std::chrono::seconds(5)), "yes");
  EXPECT_TRUE(
      absl::IsNotFound(server_->CallUpstream(kVersion, "else", std::chrono::seconds(5)).status()));
}

TEST_F(RelayTest, PingComesBackFromEveryQueue) {
  relay::ServerOptions options;
  options.threads = 3;
  StartRelay(options);
  std::promise<void> done;
  server_->Ping([&done] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(RelayTest, ShutdownLetsUnaryCallsFinish) {
  StartRelay();
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  runtime_->SetHandler([released](const FakeCall&) {
    released.wait();
    return ReplyWith("in time");
  });
  const auto channel = Channel();
  auto call = std::async(std::launch::async, [&] { return CallRaw(channel, kVersion, ""); });
  ASSERT_TRUE(runtime_->WaitForCalls(1));
  auto shutdown =
      std::async(std::launch::async, [&] { server_->Shutdown(std::chrono::seconds(20)); });
  release.set_value();
  EXPECT_THAT(call.get().messages, ElementsAre("in time"));
  shutdown.get();
}

TEST_F(RelayTest, ManyCallersAtOnceEachGetTheirOwnAnswer) {
  relay::ServerOptions options;
  options.threads = 2;
  StartRelay(options);
  runtime_->SetHandler([](const FakeCall& call) { return ReplyWith("re: " + call.request); });
  hook_.decide = [](std::string_view request, relay::UpstreamCaller&, auto done) {
    if (request.ends_with("0")) {
      done(relay::Verdict{absl::PermissionDeniedError("zero")});
    } else {
      done(relay::Verdict{absl::OkStatus()});
    }
  };
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const auto channel = Channel();
      for (int i = 0; i < 100; ++i) {
        const std::string request = std::to_string(t) + "-" + std::to_string(i);
        const RawResult result = CallRaw(channel, kCreateContainer, request);
        const bool denied = result.status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
        const bool right = request.ends_with("0")
                               ? denied
                               : result.messages == std::vector<std::string>{"re: " + request};
        wrong += right ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sekisho::testing
