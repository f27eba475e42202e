#include "relay/server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "base/str_cat.h"
#include "relay/connections.h"
#include "relay/server_limits.h"
#include "relay/upstream.h"
#include "relay/worker.h"

namespace sekisho::relay {
namespace {

using std::chrono::milliseconds;

// How long callers have to hear the goodbye, and how long the relay waits for a moment in which it
// can be said.
constexpr milliseconds kGoodbye{200};
constexpr int kGoodbyeTries = 100;

class GrpcServer final : public Server {
 public:
  GrpcServer(ServerOptions options, CallHook& hook) : options_(std::move(options)), hook_(hook) {}
  ~GrpcServer() override { GrpcServer::Shutdown(std::chrono::milliseconds(0)); }

  absl::Status Start();

  bool Adopt(base::UniqueFd connection) override;
  absl::StatusOr<std::string> CallUpstream(std::string_view method, std::string request,
                                           std::chrono::milliseconds timeout) override;
  uint64_t answered() const override;
  void Ping(std::function<void()> done) override;
  void Shutdown(std::chrono::milliseconds drain) override;

 private:
  void SendCallersAway();
  bool SayGoodbye();

  const ServerOptions options_;
  CallHook& hook_;
  grpc::AsyncGenericService service_;
  std::shared_ptr<grpc::Channel> channel_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<grpc::Server> server_;

  std::mutex mu_;
  bool stopped_ = false;     // guarded by mu_
  Connections connections_;  // guarded by mu_ until stopped_
  // Guarded by mu_ against Shutdown.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
};

absl::Status GrpcServer::Start() {
  // Debian builds Abseil with the search for deadlocks on, for every mutex of every library. It
  // takes a tenth of a forwarded call, and in a process that serves a node it could only abort.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  channel_ = MakeUpstreamChannel(options_.upstream_socket, options_.message_bytes_max);
  grpc::ServerBuilder builder;
  SetCommonArguments(options_.message_bytes_max, [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  });
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options_.limits.streams);
  // A client on this node may ping as often as it likes; gRPC would hang up on it.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.RegisterAsyncGenericService(&service_);
  for (int i = 0; i < options_.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(
        Worker::Options{channel_, options_.message_bytes_max, options_.forward_unknown,
                        options_.limits.calls, options_.limits.header_bytes, options_.observer},
        service_, hook_, builder.AddCompletionQueue()));
  }
  // Connections are accepted by the agent's own listener and handed over, so that a socket that
  // systemd made and one that we made are served alike.
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::InternalError("gRPC did not start its server");
  }
  for (const auto& worker : workers_) {
    worker->Start();
  }
  return absl::OkStatus();
}

bool GrpcServer::Adopt(base::UniqueFd connection) {
  const std::lock_guard lock(mu_);
  if (stopped_) {
    return true;
  }
  if (!connections_.Add(connection.get(), options_.limits.connections)) {
    return false;
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.fd = connection.Release();
  acceptor_->HandleNewConnection(&parameters);
  return true;
}

absl::StatusOr<std::string> GrpcServer::CallUpstream(std::string_view method, std::string request,
                                                     std::chrono::milliseconds timeout) {
  // Shared with the callback: the call ends on the worker's thread, maybe while we return.
  auto result = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
  std::future<absl::StatusOr<std::string>> future = result->get_future();
  Worker& worker = *workers_.front();
  const bool posted = worker.PostCall([&worker, method = std::string(method),
                                       request = std::move(request), timeout, result]() mutable {
    worker.upstream().CallUnary(method, std::move(request), timeout,
                                [result, &worker](absl::StatusOr<std::string> answer) {
                                  result->set_value(std::move(answer));
                                  worker.RemoveCall();
                                });
  });
  if (!posted) {
    return absl::UnavailableError("the relay is shut down");
  }
  return future.get();
}

uint64_t GrpcServer::answered() const {
  uint64_t sum = 0;
  for (const auto& worker : workers_) {
    sum += worker->answered();
  }
  return sum;
}

void GrpcServer::Ping(std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(workers_.size());
  auto shared_done = std::make_shared<std::function<void()>>(std::move(done));
  for (const auto& worker : workers_) {
    worker->Post([left, shared_done] {
      if (left->fetch_sub(1) == 1) {
        (*shared_done)();
      }
    });
  }
}

// Calls go on being served meanwhile.
void GrpcServer::SendCallersAway() {
  std::this_thread::sleep_for(connections_.TimeUntilGreeted());
  for (int i = 0; i < kGoodbyeTries; ++i) {
    if (SayGoodbye()) {
      connections_.WaitUntilHeard(kGoodbye);
      return;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  // An answer that its caller does not take keeps us from it. The server's own goodbye has to do.
}

// With every worker held up between two events, gRPC writes nothing of a call's. False when a write
// from before has not reached its socket yet.
bool GrpcServer::SayGoodbye() {
  struct Moment {
    explicit Moment(std::ptrdiff_t workers) : held(workers) {}
    std::latch held;
    std::latch over{1};
    std::atomic<bool> all_written{true};
  };
  const auto moment = std::make_shared<Moment>(static_cast<std::ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    const bool posted = worker->Post([&worker, moment] {
      if (!worker->HasWrittenAll()) {
        moment->all_written = false;
      }
      moment->held.count_down();
      moment->over.wait();
    });
    if (!posted) {
      moment->held.count_down();
    }
  }
  moment->held.wait();
  const bool all_written = moment->all_written;
  if (all_written) {
    connections_.SayGoodbye();
  }
  moment->over.count_down();
  return all_written;
}

void GrpcServer::Shutdown(std::chrono::milliseconds drain) {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(stopped_, true)) {
      return;
    }
  }
  if (server_ != nullptr && drain > milliseconds(0)) {
    SendCallersAway();
  }
  for (const auto& worker : workers_) {
    worker->Post([&worker] { worker->EndStreams(); });
  }
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now() + drain);
  }
  for (const auto& worker : workers_) {
    worker->ShutdownQueue();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      CallHook& hook) {
  auto server = std::make_unique<GrpcServer>(options, hook);
  if (absl::Status status = server->Start(); !status.ok()) {
    return status;
  }
  return server;
}

}  // namespace sekisho::relay
