#include "bench/stub_runtime.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <map>

#include "relay/message.h"
#include "relay/server_limits.h"

namespace sekisho::bench {
namespace {

// accepted -> request read -> answered -> deleted.
struct StubCall {
  enum class State { kAccepted, kRead, kAnswered };

  StubCall(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue* queue) {
    service.RequestCall(&context, &stream, queue, queue, this);
  }

  State state = State::kAccepted;
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  grpc::ByteBuffer message;
};

}  // namespace

void ServeStubRuntime(const std::string& socket_path, const Answers& answers) {
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  relay::SetCommonArguments(size_t{64} << 20, [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  });
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterAsyncGenericService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  std::map<std::string, grpc::ByteBuffer> messages;
  for (const auto& [method, bytes] : answers) {
    messages[method] = relay::MakeMessage(bytes);
  }
  const grpc::ByteBuffer other = relay::MakeMessage(std::string(64, 'r'));
  new StubCall(service, queue.get());
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    auto* call = static_cast<StubCall*>(tag);
    if (!ok || call->state == StubCall::State::kAnswered) {
      delete call;
    } else if (call->state == StubCall::State::kAccepted) {
      new StubCall(service, queue.get());
      call->state = StubCall::State::kRead;
      call->stream.Read(&call->message, call);
    } else {
      call->state = StubCall::State::kAnswered;
      const auto found = messages.find(call->context.method());
      call->stream.WriteAndFinish(found != messages.end() ? found->second : other,
                                  grpc::WriteOptions(), grpc::Status::OK, call);
    }
  }
  std::abort();  // the queue never ends by itself
}

}  // namespace sekisho::bench
