#include "support/fake_runtime.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
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

FakeReply ReplyWith(std::string message) {
  FakeReply reply;
  reply.messages = [message = std::move(message)](int i) {
    return i == 0 ? std::optional(message) : std::nullopt;
  };
  return reply;
}

FakeReply ReplyWith(grpc::Status status) {
  FakeReply reply;
  reply.messages = [](int) { return std::optional<std::string>(); };
  reply.status = std::move(status);
  return reply;
}

// One call. Deletes itself when gRPC is done with it.
class FakeRuntime::Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(FakeRuntime& runtime, grpc::GenericCallbackServerContext* context)
      : runtime_(runtime), context_(context) {
    call_.method = context->method();
    call_.metadata = ToMetadata(context->client_metadata());
    call_.deadline = context->deadline();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish({grpc::StatusCode::INVALID_ARGUMENT, "the fake runtime got no message"});
      return;
    }
    call_.compression = relay::CompressionOf(request_);
    call_.request = relay::ReadMessage(request_, kMessageBytesMax).value_or("(unreadable)");
    Handler handler;
    {
      const std::lock_guard lock(runtime_.mu_);
      if (runtime_.remember_) {
        runtime_.calls_.push_back(call_);
      }
      handler = runtime_.handler_;
    }
    runtime_.changed_.notify_all();
    reply_ = handler ? handler(call_) : FakeReply{};
    Answer();
  }

  void OnSendInitialMetadataDone(bool ok) override {
    if (ok && !reply_.hang) {
      Next();
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish({grpc::StatusCode::CANCELLED, "the caller went away"});
      return;
    }
    {
      const std::lock_guard lock(runtime_.mu_);
      ++runtime_.messages_sent_[call_.method];
    }
    runtime_.changed_.notify_all();
    Next();
  }

  void OnCancel() override {
    if (reply_.hang) {
      {
        const std::lock_guard lock(runtime_.mu_);
        ++runtime_.cancellations_;
      }
      runtime_.changed_.notify_all();
      Finish({grpc::StatusCode::CANCELLED, "cancelled"});
    }
  }

  void OnDone() override { delete this; }

 private:
  void Answer() {
    for (const auto& [key, value] : reply_.initial_metadata) {
      context_->AddInitialMetadata(key, value);
    }
    if (reply_.compression != GRPC_COMPRESS_NONE) {
      context_->set_compression_algorithm(reply_.compression);
    }
    if (reply_.headers_first) {
      StartSendInitialMetadata();
    } else if (!reply_.hang) {
      Next();
    } else if (context_->IsCancelled()) {
      OnCancel();
    }
  }

  void Next() {
    std::optional<std::string> message = reply_.messages(next_++);
    if (!message.has_value()) {
      for (const auto& [key, value] : reply_.trailing_metadata) {
        context_->AddTrailingMetadata(key, value);
      }
      Finish(reply_.status);
      return;
    }
    response_ = relay::MakeMessage(*message);
    StartWrite(&response_);
  }

  FakeRuntime& runtime_;
  grpc::GenericCallbackServerContext* const context_;
  FakeCall call_;
  FakeReply reply_;
  int next_ = 0;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

class FakeRuntime::Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(FakeRuntime& runtime) : runtime_(runtime) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(runtime_, context);
  }

 private:
  FakeRuntime& runtime_;
};

FakeRuntime::FakeRuntime(const std::string& socket_path, Handler handler)
    : handler_(std::move(handler)), service_(std::make_unique<Service>(*this)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(service_.get());
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  // See the form in which messages really came.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 1 << 20);
  server_ = builder.BuildAndStart();
}

FakeRuntime::~FakeRuntime() {
  server_->Shutdown(std::chrono::system_clock::now());
}

void FakeRuntime::SetHandler(Handler handler) {
  const std::lock_guard lock(mu_);
  handler_ = std::move(handler);
}

void FakeRuntime::RememberNothing() {
  const std::lock_guard lock(mu_);
  remember_ = false;
}

std::vector<FakeCall> FakeRuntime::calls() const {
  const std::lock_guard lock(mu_);
  return calls_;
}

size_t FakeRuntime::CountOf(std::string_view method) const {
  const std::lock_guard lock(mu_);
  return static_cast<size_t>(std::ranges::count(calls_, method, &FakeCall::method));
}

int FakeRuntime::messages_sent(const std::string& method) const {
  const std::lock_guard lock(mu_);
  const auto it = messages_sent_.find(method);
  return it == messages_sent_.end() ? 0 : it->second;
}

bool FakeRuntime::WaitForCalls(size_t n) const {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return calls_.size() >= n; });
}

bool FakeRuntime::WaitForCancellations(size_t n) const {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return cancellations_ >= n; });
}

}  // namespace sekisho::testing
