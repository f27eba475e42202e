// A client that calls any method with any bytes and shows everything that came back.
#pragma once

#include <grpc/compression.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fake_runtime.h"

namespace sekisho::testing {

struct RawCallOptions {
  Metadata metadata = {};
  std::chrono::milliseconds timeout{20000};
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;
  bool wait_for_ready = false;  // for a connection, until the timeout, instead of failing at once
};

struct RawResult {
  grpc::Status status;
  Metadata initial_metadata;
  Metadata trailing_metadata;
  std::vector<std::string> messages;
  std::vector<grpc_compression_algorithm> compressions;  // of each message, as it came
};

// A channel over one end of a connected socket; the other end goes to the server under test.
std::shared_ptr<grpc::Channel> ChannelFromFd(int fd);

// A channel to a unix socket: a connection of its own, which is tried anew within a moment.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& socket);

// One call, step by step: for tests that stop half-way. Every step waits for its end.
class RawCall {
 public:
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
          const RawCallOptions& options = {});
  ~RawCall();  // cancels what is still under way

  bool Send(const std::string& request);  // the one message, and the half-close
  bool ReadHeaders();
  std::optional<std::string> ReadMessage();  // nothing: the stream is at its end
  grpc::Status Finish();
  void Cancel() { context_.TryCancel(); }
  grpc::ClientContext& context() { return context_; }
  grpc_compression_algorithm last_compression() const { return last_compression_; }

 private:
  bool Wait();

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool started_ = false;
  bool finished_ = false;
  grpc_compression_algorithm last_compression_ = GRPC_COMPRESS_NONE;
};

// The whole of one call.
RawResult CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& request, const RawCallOptions& options = {});

}  // namespace sekisho::testing
