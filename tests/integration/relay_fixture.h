// A relay between a raw client and a fake runtime, with a hook that the test scripts.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "relay/server.h"
#include "support/fake_runtime.h"
#include "support/raw_client.h"
#include "support/temp_dir.h"

namespace sekisho::testing {

// Forwards everything unless told otherwise.
class ScriptedHook final : public relay::CallHook {
 public:
  using Decide = std::function<void(std::string_view request, relay::UpstreamCaller& upstream,
                                    std::function<void(relay::Verdict)> done)>;

  void OnRequest(const relay::MethodEntry&, std::string_view request,
                 relay::UpstreamCaller& upstream,
                 std::function<void(relay::Verdict)> done) override {
    if (decide) {
      decide(request, upstream, std::move(done));
      return;
    }
    done({absl::OkStatus()});
  }

  void OnResponse(const relay::MethodEntry& method, std::string_view request,
                  const relay::Kept* kept, const absl::Status& status,
                  std::string_view response) override {
    const std::lock_guard lock(mu_);
    responses_.push_back(
        {std::string(method.path), std::string(request), status, std::string(response), kept});
  }

  struct Response {
    std::string method;
    std::string request;
    absl::Status status;
    std::string response;
    const relay::Kept* kept = nullptr;  // only to be compared
  };
  std::vector<Response> responses() const {
    const std::lock_guard lock(mu_);
    return responses_;
  }

  Decide decide;  // set before the first call

 private:
  mutable std::mutex mu_;
  std::vector<Response> responses_;
};

class RelayFixture : public ::testing::Test {
 protected:
  void StartRelay(relay::ServerOptions options = {}) {
    options.upstream_socket = socket_path();
    absl::StatusOr<std::unique_ptr<relay::Server>> server = relay::Server::Start(options, hook_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(server).value();
  }

  // One end of a new connection to the relay.
  base::UniqueFd Connect() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    server_->Adopt(base::UniqueFd(ends[1]));
    return base::UniqueFd(ends[0]);
  }
  std::shared_ptr<grpc::Channel> Channel() { return ChannelFromFd(Connect().Release()); }

  std::string socket_path() const { return dir_.File("runtime.sock"); }

  TempDir dir_;
  ScriptedHook hook_;
  std::unique_ptr<FakeRuntime> runtime_ = std::make_unique<FakeRuntime>(socket_path());
  std::unique_ptr<relay::Server> server_;
};

inline constexpr char kVersion[] = "/runtime.v1.RuntimeService/Version";
inline constexpr char kRunPodSandbox[] = "/runtime.v1.RuntimeService/RunPodSandbox";
inline constexpr char kCreateContainer[] = "/runtime.v1.RuntimeService/CreateContainer";
inline constexpr char kStartContainer[] = "/runtime.v1.RuntimeService/StartContainer";
inline constexpr char kRemovePodSandbox[] = "/runtime.v1.RuntimeService/RemovePodSandbox";
inline constexpr char kGetContainerEvents[] = "/runtime.v1.RuntimeService/GetContainerEvents";

}  // namespace sekisho::testing
