#include "admin/server.h"

#include <fcntl.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "admin/printable_fields.h"
#include "sekisho/v1/admin.grpc.pb.h"

namespace sekisho::admin {
namespace {

using sekisho::v1::Admin;
using sekisho::v1::GetStatusRequest;
using sekisho::v1::GetStatusResponse;

constexpr int kRequestBytesMax = 64 << 10;
constexpr int kRefusalsMax = 1000;
constexpr size_t kMemoryMax = size_t{16} << 20;  // of what clients make gRPC hold
// A client asks once and goes. Whoever stays, or says nothing, is hung up on.
constexpr int kConnectionAgeMs = 60'000;
constexpr int kConnectionGraceMs = 5'000;
constexpr std::chrono::milliseconds kToEnd{200};
// How long a connection that has ended may keep the thread at gRPC's events.
constexpr std::chrono::milliseconds kLookForEnded{100};

// One completion queue and one thread, which is all of the server: requests are answered one after
// the other, however many clients there are. gRPC's synchronous server would start a thread for
// each request at once.
class GrpcServer final : public Server {
 public:
  explicit GrpcServer(Status status) : status_(std::move(status)) {}
  ~GrpcServer() override;

  absl::Status Start();
  void Adopt(base::UniqueFd connection) override;

 private:
  // One request. Deletes itself after its last event.
  class Call {
   public:
    explicit Call(GrpcServer& server);
    ~Call();
    void OnEvent(bool ok);

   private:
    GrpcServer& server_;
    bool answered_ = false;
    grpc::ServerContext context_;
    GetStatusRequest request_;
    grpc::ServerAsyncResponseWriter<GetStatusResponse> writer_{&context_};
  };

  void Run();
  void WaitForWork();
  void ForgetEnded();

  const Status status_;
  Admin::AsyncService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  std::atomic<int> calls_ = 0;  // that exist, the one that waits for a request included

  std::mutex mu_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mu_
  // Copies, by which it is seen which connections have ended. Guarded by mu_.
  std::vector<base::UniqueFd> connections_;
};

GrpcServer::Call::Call(GrpcServer& server) : server_(server) {
  ++server_.calls_;
  server_.service_.RequestGetStatus(&context_, &request_, &writer_, server_.queue_.get(),
                                    server_.queue_.get(), this);
}

GrpcServer::Call::~Call() {
  if (--server_.calls_ == 0) {
    server_.calls_.notify_all();
  }
}

void GrpcServer::Call::OnEvent(bool ok) {
  if (!ok || answered_) {  // the server shuts down, or all is said
    delete this;
    return;
  }
  new Call(server_);
  answered_ = true;
  if (request_.refusals() < 0 || request_.refusals() > kRefusalsMax) {
    writer_.FinishWithError(
        {grpc::StatusCode::INVALID_ARGUMENT, "refusals: must be between 0 and 1000"}, this);
    return;
  }
  GetStatusResponse response = server_.status_(request_);
  MakePrintable(response);
  writer_.Finish(response, grpc::Status::OK, this);
}

absl::Status GrpcServer::Start() {
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("admin");
  quota.Resize(kMemoryMax);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 8);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kConnectionGraceMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.RegisterService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::InternalError("gRPC did not start the server of the admin socket");
  }
  new Call(*this);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

GrpcServer::~GrpcServer() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now() + kToEnd);
    // A call that starts its last operation on a queue that is shut down aborts the process.
    for (int calls = calls_; calls != 0; calls = calls_) {
      calls_.wait(calls);
    }
  }
  if (queue_ != nullptr) {
    queue_->Shutdown();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

// The thread asks gRPC for events only while there is somebody to serve. All threads of a process
// that do so watch the same descriptors, and one of them is woken for an event of any: this one
// would take every other event of the relay's connections, only to hand it on.
void GrpcServer::Run() {
  for (;;) {
    WaitForWork();
    void* tag = nullptr;
    bool ok = false;
    switch (queue_->AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kLookForEnded)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::GOT_EVENT:
        static_cast<Call*>(tag)->OnEvent(ok);
        break;
      case grpc::CompletionQueue::TIMEOUT:
        break;
    }
  }
}

// Connections are work, and so is a stop, which takes events of the queue.
void GrpcServer::WaitForWork() {
  std::unique_lock lock(mu_);
  ForgetEnded();
  changed_.wait(lock, [this] { return stopping_ || !connections_.empty(); });
}

void GrpcServer::ForgetEnded() {
  std::erase_if(connections_, [](const base::UniqueFd& connection) {
    pollfd end{.fd = connection.get(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&end, 1, 0) == 1;
  });
}

void GrpcServer::Adopt(base::UniqueFd connection) {
  const std::lock_guard lock(mu_);
  base::UniqueFd copy(::fcntl(connection.get(), F_DUPFD_CLOEXEC, 0));
  const int flags = ::fcntl(connection.get(), F_GETFL);
  ForgetEnded();
  if (connections_.size() >= kConnectionsMax || !copy.valid() || flags < 0 ||
      ::fcntl(connection.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return;  // closes it
  }
  connections_.push_back(std::move(copy));
  grpc::AddInsecureChannelFromFd(server_.get(), connection.Release());
  changed_.notify_all();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Status status) {
  auto server = std::make_unique<GrpcServer>(std::move(status));
  if (absl::Status started = server->Start(); !started.ok()) {
    return started;
  }
  return server;
}

}  // namespace sekisho::admin
