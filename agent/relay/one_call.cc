#include "relay/one_call.h"

#include <grpcpp/completion_queue.h>

#include <memory>
#include <utility>

#include "relay/event.h"
#include "relay/upstream.h"

namespace sekisho::relay {
namespace {

constexpr size_t kAnswerBytesMax = size_t{16} << 20;

}  // namespace

absl::StatusOr<std::string> CallOnce(const std::string& socket_path, std::string_view method,
                                     std::string request, std::chrono::milliseconds timeout) {
  grpc::CompletionQueue queue;
  QueueUpstreamCaller caller(MakeUpstreamChannel(socket_path, kAnswerBytesMax), &queue,
                             kAnswerBytesMax);
  absl::StatusOr<std::string> result = absl::UnknownError("the call did not end");
  caller.CallUnary(method, std::move(request), timeout,
                   [&result](absl::StatusOr<std::string> answer) { result = std::move(answer); });
  void* tag = nullptr;
  bool ok = false;
  // The call's end is the one event that the queue will ever have: the deadline bounds it.
  if (queue.Next(&tag, &ok)) {
    static_cast<Event*>(tag)->OnEvent(ok);
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return result;
}

}  // namespace sekisho::relay
