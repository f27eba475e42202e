// A gRPC server that stands where containerd would, says what a test tells it to, and remembers
// what reached it. It answers any method, so a test can also prove that nothing came.
#pragma once

#include <grpc/compression.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sekisho::testing {

using Metadata = std::multimap<std::string, std::string>;

struct FakeCall {
  std::string method;
  Metadata metadata;
  std::chrono::system_clock::time_point deadline;
  std::string request;
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;  // of the request, as it came
};

struct FakeReply {
  Metadata initial_metadata;
  Metadata trailing_metadata;
  // The i-th message, or nothing when the stream is at its end. Unary: one message.
  std::function<std::optional<std::string>(int i)> messages = [](int i) {
    return i == 0 ? std::optional<std::string>("") : std::nullopt;
  };
  grpc::Status status;
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;
  bool headers_first = false;  // send the leading metadata before the first message is asked for
  bool hang = false;           // answer nothing until the call is cancelled
};

FakeReply ReplyWith(std::string message);
FakeReply ReplyWith(grpc::Status status);

class FakeRuntime {
 public:
  using Handler = std::function<FakeReply(const FakeCall&)>;

  // Listens on a unix socket. Every call is answered by `handler`, on gRPC's threads.
  explicit FakeRuntime(const std::string& socket_path, Handler handler = {});
  ~FakeRuntime();

  void SetHandler(Handler handler);
  // For a runtime that lives through millions of calls: calls() stays empty.
  void RememberNothing();
  std::vector<FakeCall> calls() const;
  size_t CountOf(std::string_view method) const;  // calls of "/service/Method"
  // How many messages of a method's answers the runtime has handed to its transport.
  int messages_sent(const std::string& method) const;

  // Wait until the runtime has seen `n` calls, or cancellations of hanging calls; false after 20 s.
  bool WaitForCalls(size_t n) const;
  bool WaitForCancellations(size_t n) const;

 private:
  class Service;
  class Reactor;

  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  Handler handler_;                           // guarded by mu_
  bool remember_ = true;                      // guarded by mu_
  std::vector<FakeCall> calls_;               // guarded by mu_
  size_t cancellations_ = 0;                  // guarded by mu_
  std::map<std::string, int> messages_sent_;  // by method; guarded by mu_

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sekisho::testing
