#include "relay/upstream.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <limits>
#include <utility>

#include "relay/event.h"
#include "relay/message.h"
#include "relay/server_limits.h"
#include "relay/status.h"

namespace sekisho::relay {
namespace {

// One call of our own. Deletes itself after `done`.
class OwnCall final : public Event {
 public:
  OwnCall(const std::shared_ptr<grpc::Channel>& channel, grpc::CompletionQueue* queue,
          const std::string& method, const std::string& request, std::chrono::milliseconds timeout,
          size_t message_bytes_max, std::function<void(absl::StatusOr<std::string>)> done)
      : done_(std::move(done)), message_bytes_max_(message_bytes_max) {
    context_.set_deadline(std::chrono::system_clock::now() + timeout);
    grpc::GenericStub stub(channel);
    reader_ = stub.PrepareUnaryCall(&context_, method, MakeMessage(request), queue);
    reader_->StartCall();
    reader_->Finish(&response_, &status_, static_cast<Event*>(this));
  }
  virtual ~OwnCall() = default;

  void OnEvent(bool /*ok: Finish always succeeds; the status says the rest*/) override {
    const std::unique_ptr<OwnCall> self(this);
    if (!status_.ok()) {
      done_(FromGrpc(status_));
      return;
    }
    done_(ReadMessage(response_, message_bytes_max_));
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::function<void(absl::StatusOr<std::string>)> done_;
  const size_t message_bytes_max_;
};

}  // namespace

std::shared_ptr<grpc::Channel> MakeUpstreamChannel(const std::string& socket_path,
                                                   size_t message_bytes_max) {
  grpc::ChannelArguments arguments;
  SetCommonArguments(message_bytes_max,
                     [&arguments](const char* name, int value) { arguments.SetInt(name, value); });
  // The kubelet retries by itself, and a retried RunPodSandbox would run a pod twice.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // How long a connection may take to be set up stays gRPC's 20 s: a runtime on a loaded node is
  // slow to answer, but it does.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void QueueUpstreamCaller::CallUnary(std::string_view method, std::string request,
                                    std::chrono::milliseconds timeout,
                                    std::function<void(absl::StatusOr<std::string>)> done) {
  new OwnCall(channel_, queue_, std::string(method), request, timeout, message_bytes_max_,
              std::move(done));
}

}  // namespace sekisho::relay
