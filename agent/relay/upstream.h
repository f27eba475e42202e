// The runtime's side of the relay: one channel, and calls of our own over it.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "relay/call_hook.h"

namespace sekisho::relay {

// A channel to the runtime's unix socket. Connects lazily, and again within half a second of the
// runtime's return; meanwhile calls fail at once with UNAVAILABLE, as they would without the relay.
std::shared_ptr<grpc::Channel> MakeUpstreamChannel(const std::string& socket_path,
                                                   size_t message_bytes_max);

// UpstreamCaller over one completion queue. Outlives its calls: the queue is drained before.
class QueueUpstreamCaller final : public UpstreamCaller {
 public:
  QueueUpstreamCaller(std::shared_ptr<grpc::Channel> channel, grpc::CompletionQueue* queue,
                      size_t message_bytes_max)
      : channel_(std::move(channel)), queue_(queue), message_bytes_max_(message_bytes_max) {}

  void CallUnary(std::string_view method, std::string request, std::chrono::milliseconds timeout,
                 std::function<void(absl::StatusOr<std::string>)> done) override;

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::CompletionQueue* const queue_;  // not owned
  const size_t message_bytes_max_;
};

}  // namespace sekisho::relay
