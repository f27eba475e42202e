// One completion queue, one thread, and both sides of every call that the queue accepted.
//
// Because the runtime's answers arrive on the queue that accepted the call, a call is only ever
// touched by one thread: it needs no lock, and no hand-over between threads costs latency.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/container/flat_hash_set.h"
#include "relay/call_hook.h"
#include "relay/call_observer.h"
#include "relay/upstream.h"

namespace sekisho::relay {

class Call;

class Worker {
 public:
  struct Options {
    std::shared_ptr<grpc::Channel> channel;
    size_t message_bytes_max = 0;
    bool forward_unknown = false;
    int calls_max = 0;  // at once
    size_t header_bytes_max = 0;
    CallObserver* observer = nullptr;  // outlives the worker
  };

  // `service` and `hook` outlive the worker.
  Worker(Options options, grpc::AsyncGenericService& service, CallHook& hook,
         std::unique_ptr<grpc::ServerCompletionQueue> queue);
  ~Worker();  // ShutdownQueue() must have been called

  // Starts the thread. The server that owns the queue must be running.
  void Start();

  // Runs `task` on the worker's thread. Thread-safe. Returns false, and drops the task, once the
  // queue is shut down.
  bool Post(std::function<void()> task);
  // The same for a task that starts a call of our own. Until RemoveCall() says that it has ended
  // the queue is not shut down: gRPC aborts the process when a call is started on one that is.
  bool PostCall(std::function<void()> task);

  // Nothing that was given to gRPC for a caller is still on its way. Only on the worker's thread.
  bool HasWrittenAll() const { return writes_ == 0; }

  // Ends every streaming call with UNAVAILABLE. Only on the worker's thread.
  void EndStreams();

  // Unary calls that the runtime answered with OK so far. Thread-safe.
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

  // Waits for the last call, lets the queue run dry and joins the thread. The server must have been
  // shut down before, so that every call ends: gRPC aborts the process when a call that was cut off
  // starts its last operation on a queue that is shut down already.
  void ShutdownQueue();

  // --- for Call, on the worker's thread ---
  void AcceptNext();
  void AddCall() { ++calls_; }
  void RemoveCall() {
    if (--calls_ == 0) {
      calls_.notify_all();
    }
  }
  // Besides the one that waits to be accepted there are more than there may be.
  bool HasTooManyCalls() const { return calls_ > options_.calls_max + 1; }
  void CountAnswered() { answered_.fetch_add(1, std::memory_order_relaxed); }
  void AddWrite() { ++writes_; }
  void RemoveWrite() { --writes_; }
  void AddStream(Call* call) { streams_.insert(call); }
  void RemoveStream(Call* call) { streams_.erase(call); }
  grpc::AsyncGenericService& service() { return service_; }
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  CallHook& hook() { return hook_; }
  QueueUpstreamCaller& upstream() { return upstream_; }
  const Options& options() const { return options_; }
  bool draining() const { return draining_; }

 private:
  void Run();
  bool PostLocked(std::function<void()> task);

  const Options options_;
  grpc::AsyncGenericService& service_;
  CallHook& hook_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  QueueUpstreamCaller upstream_;
  std::thread thread_;

  // Only the worker's thread.
  absl::flat_hash_set<Call*> streams_;
  bool draining_ = false;
  int writes_ = 0;  // to callers, that gRPC has not finished

  std::atomic<uint64_t> answered_ = 0;
  std::atomic<int> calls_ = 0;  // that exist, the one that waits to be accepted included

  std::mutex mu_;
  bool queue_open_ = true;  // guarded by mu_
};

}  // namespace sekisho::relay
