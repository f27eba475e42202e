#include "support/raw_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "relay/message.h"

namespace sekisho::testing {
namespace {

constexpr size_t kMessageBytesMax = size_t{256} << 20;

Metadata ToMetadata(const std::multimap<grpc::string_ref, grpc::string_ref>& from) {
  Metadata to;
  for (const auto& [key, value] : from) {
    to.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  return to;
}

}  // namespace

std::shared_ptr<grpc::Channel> ChannelFromFd(int fd) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 1 << 20);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomInsecureChannelFromFd("relay", fd, arguments);
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& socket) {
  grpc::ChannelArguments arguments;
  // A restart is noticed within a moment, not after gRPC's usual second and more.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  // A shared connection would keep what another channel's test broke.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

RawCall::RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                 const RawCallOptions& options) {
  context_.set_wait_for_ready(options.wait_for_ready);
  context_.set_deadline(std::chrono::system_clock::now() + options.timeout);
  for (const auto& [key, value] : options.metadata) {
    context_.AddMetadata(key, value);
  }
  if (options.compression != GRPC_COMPRESS_NONE) {
    context_.set_compression_algorithm(options.compression);
  }
  stream_ = grpc::GenericStub(channel).PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  started_ = Wait();
}

RawCall::~RawCall() {
  if (!finished_) {
    context_.TryCancel();
    (void)Finish();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawCall::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawCall::Send(const std::string& request) {
  if (!started_) {
    return false;
  }
  stream_->WriteLast(relay::MakeMessage(request), grpc::WriteOptions(), this);
  return Wait();
}

bool RawCall::ReadHeaders() {
  stream_->ReadInitialMetadata(this);
  return Wait();
}

std::optional<std::string> RawCall::ReadMessage() {
  grpc::ByteBuffer message;
  stream_->Read(&message, this);
  if (!Wait()) {
    return std::nullopt;
  }
  last_compression_ = relay::CompressionOf(message);
  return relay::ReadMessage(message, kMessageBytesMax).value_or("(unreadable)");
}

grpc::Status RawCall::Finish() {
  grpc::Status status;
  stream_->Finish(&status, this);
  (void)Wait();
  finished_ = true;
  return status;
}

RawResult CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& request, const RawCallOptions& options) {
  RawCall call(channel, method, options);
  RawResult result;
  (void)call.Send(request);
  while (std::optional<std::string> message = call.ReadMessage()) {
    result.messages.push_back(*std::move(message));
    result.compressions.push_back(call.last_compression());
  }
  result.status = call.Finish();
  result.initial_metadata = ToMetadata(call.context().GetServerInitialMetadata());
  result.trailing_metadata = ToMetadata(call.context().GetServerTrailingMetadata());
  return result;
}

}  // namespace sekisho::testing
