#include "relay/worker.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <utility>
#include <vector>

#include "relay/call.h"
#include "relay/event.h"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace sekisho::relay {
namespace {

// A queue orders what came before an operation with what comes after its delivery. ThreadSanitizer
// cannot see that, because gRPC is not built with it, so it is told where an operation changes
// threads.
void BeforeSend([[maybe_unused]] Event* event) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(event);
#endif
}
void AfterDelivery([[maybe_unused]] void* tag) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(tag);
#endif
}

// A task on its way to a worker's thread. Deletes itself when it has run.
class PostedTask final : public Event {
 public:
  explicit PostedTask(std::function<void()> task) : task_(std::move(task)) {}
  virtual ~PostedTask() = default;

  void SendTo(grpc::CompletionQueue* queue) {
    BeforeSend(this);
    // A time that has passed in any case, so that no timer is set: gRPC waits for those by the wall
    // clock, and is late by as much as somebody sets it back meanwhile.
    alarm_.Set(queue, gpr_inf_past(GPR_CLOCK_MONOTONIC), static_cast<Event*>(this));
  }

  void OnEvent(bool /*ok: false when the queue shuts down; the task still runs*/) override {
    const std::unique_ptr<PostedTask> self(this);
    task_();
  }

 private:
  grpc::Alarm alarm_;
  std::function<void()> task_;
};

}  // namespace

Worker::Worker(Options options, grpc::AsyncGenericService& service, CallHook& hook,
               std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : options_(std::move(options)),
      service_(service),
      hook_(hook),
      queue_(std::move(queue)),
      upstream_(options_.channel, queue_.get(), options_.message_bytes_max) {}

Worker::~Worker() = default;

void Worker::Start() {
  AcceptNext();
  thread_ = std::thread([this] { Run(); });
}

void Worker::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    AfterDelivery(tag);
    static_cast<Event*>(tag)->OnEvent(ok);
  }
}

void Worker::AcceptNext() {
  Call::Accept(*this);
}

bool Worker::PostLocked(std::function<void()> task) {
  if (!queue_open_) {
    return false;
  }
  auto posted = std::make_unique<PostedTask>(std::move(task));
  posted.release()->SendTo(queue_.get());
  return true;
}

bool Worker::Post(std::function<void()> task) {
  const std::lock_guard lock(mu_);
  return PostLocked(std::move(task));
}

bool Worker::PostCall(std::function<void()> task) {
  const std::lock_guard lock(mu_);
  AddCall();  // before the task can have run
  const bool posted = PostLocked(std::move(task));
  if (!posted) {
    RemoveCall();
  }
  return posted;
}

void Worker::EndStreams() {
  draining_ = true;
  // A call may leave the set while it is being ended.
  const std::vector<Call*> streams(streams_.begin(), streams_.end());
  for (Call* call : streams) {
    call->EndStream();
  }
}

void Worker::ShutdownQueue() {
  for (bool open = true; open;) {
    for (int calls = calls_; calls != 0; calls = calls_) {
      calls_.wait(calls);
    }
    const std::lock_guard lock(mu_);
    queue_open_ = open = calls_ != 0;  // one of our own may have come meanwhile
  }
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  }
}

}  // namespace sekisho::relay
