#include "relay/call.h"

#include <grpc/grpc.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "relay/message.h"
#include "relay/metadata.h"
#include "relay/status.h"

namespace sekisho::relay {
namespace {

// A caller whose deadline passes cancels its call a moment before the deadline that it sent passes
// here: that was on its way.
constexpr std::chrono::milliseconds kOnItsWay{50};

}  // namespace

void Call::Accept(Worker& worker) {
  auto* call = new Call(worker);
  worker.service().RequestCall(&call->server_context_, &call->caller_, worker.queue(),
                               worker.queue(), call->accepted_.Arm());
}

Call::Call(Worker& worker)
    : worker_(worker), caller_(&server_context_), account_(worker.options().observer) {
  worker_.AddCall();
  // Must be asked for before the call exists; the event comes only if it does (see OnAccepted).
  server_context_.AsyncNotifyWhenDone(static_cast<Event*>(&caller_done_));
}

Call::~Call() {
  account_.Report();
  worker_.RemoveStream(this);
  worker_.RemoveCall();
}

void Call::Release() {
  if (--pending_ == 0) {
    delete this;
  }
}

bool Call::IsStreaming() const {
  // What is unknown may be either; a stream with one message is what a unary call looks like.
  return method_ == nullptr || method_->kind == MethodKind::kServerStreaming;
}

// --- the caller's side
// -----------------------------------------------------------------------------

void Call::OnAccepted(bool ok) {
  if (!ok) {
    return;  // the server shuts down: there is no call, and OnCallerDone will not come
  }
  ++pending_;  // OnCallerDone
  worker_.AcceptNext();
  method_ = FindMethod(server_context_.method());
  account_.Begin(method_);
  if (method_ == nullptr && !worker_.options().forward_unknown) {
    Deny(CallEnd::kRejected, absl::UnimplementedError(absl::StrCat(
                                 "sekisho does not relay ", server_context_.method(),
                                 ": not a method of CRI runtime.v1 that this build knows")));
    return;
  }
  if (const absl::Status status = CheckRequestMetadata(server_context_); !status.ok()) {
    Deny(CallEnd::kRejected, status);
    return;
  }
  caller_.Read(&request_, request_read_.Arm());
}

bool Call::DeadlineHasPassed() const {
  return server_context_.deadline() <= std::chrono::system_clock::now() + kOnItsWay;
}

// gRPC does not tell a server why a call was cancelled.
absl::StatusCode Call::CodeOfGoneCaller() const {
  if (DeadlineHasPassed()) {
    return absl::StatusCode::kDeadlineExceeded;
  }
  return worker_.draining() ? absl::StatusCode::kUnavailable : absl::StatusCode::kCancelled;
}

void Call::OnCallerDone(bool /*ok*/) {
  if (!server_context_.IsCancelled()) {
    return;
  }
  caller_gone_ = true;
  account_.CallerIsGone(CodeOfGoneCaller());
  if (client_context_.has_value()) {
    client_context_->TryCancel();
  }
}

void Call::OnRequestRead(bool ok) {
  account_.RequestIsThere(server_context_);
  if (!ok) {
    RejectUnread();
    return;
  }
  if (method_ == nullptr || method_->method_class == MethodClass::kForwarded) {
    Forward();
    return;
  }
  AskHook();
}

void Call::OnFinished(bool ok) {
  if (!ok) {
    account_.AnswerIsLost();
  }
}

// There is no message. Its caller went away, or ended the call without one or half-way through it;
// or it was larger than the limit, which gRPC has answered already.
void Call::RejectUnread() {
  if (grpc_call_failed_before_recv_message(server_context_.c_call()) != 0) {
    Deny(CallEnd::kCancelled, absl::CancelledError("the caller cancelled"));
    return;
  }
  account_.TooLargeIfLost();
  Deny(CallEnd::kRejected,
       absl::InvalidArgumentError("the call carries no complete request message"));
}

// --- the decision
// ----------------------------------------------------------------------------------

void Call::AskHook() {
  absl::StatusOr<std::string> bytes = ReadMessage(request_, worker_.options().message_bytes_max);
  if (!bytes.ok()) {
    Deny(CallEnd::kRejected, bytes.status());
    return;
  }
  request_bytes_ = std::move(bytes).value();
  ++pending_;  // the verdict
  worker_.hook().OnRequest(*method_, request_bytes_, worker_.upstream(), [this](Verdict verdict) {
    OnVerdict(std::move(verdict));
    Release();
  });
}

void Call::OnVerdict(Verdict verdict) {
  account_.EndDecision();
  if (!verdict.status.ok()) {
    Deny(CallEnd::kRefused, verdict.status);
    return;
  }
  kept_ = std::move(verdict.kept);
  if (verdict.edited_request.has_value()) {
    request_bytes_ = std::move(*verdict.edited_request);
    request_ = MakeMessage(request_bytes_);
  }
  Forward();
}

void Call::Deny(CallEnd end, const absl::Status& status) {
  account_.Answer(end, status.code(), server_context_);
  caller_.Finish(ToGrpc(status), finished_.Arm());
}

void Call::Forward() {
  if (caller_gone_) {
    Deny(CallEnd::kCancelled, absl::CancelledError("the caller cancelled"));
    return;
  }
  account_.StartUpstream();
  client_context_.emplace();
  CopyRequestMetadata(server_context_, *client_context_);
  client_context_->set_deadline(server_context_.raw_deadline());
  if (const grpc_compression_algorithm algorithm = CompressionOf(request_);
      algorithm != GRPC_COMPRESS_NONE) {
    client_context_->set_compression_algorithm(algorithm);
  }
  if (IsStreaming()) {
    StartStream();
  } else {
    StartUnary();
  }
}

// There is a status, in status_. It is our own, and not the runtime's, when the caller has
// cancelled or its deadline, which is that of our call too, has passed.
void Call::EndForwarded() {
  const bool timed_out =
      status_.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && DeadlineHasPassed();
  if (!caller_gone_ && !timed_out) {
    account_.EndUpstream();
  }
  CopyTrailingMetadata(*client_context_, server_context_, account_.times_asked());
  account_.Answer(timed_out ? CallEnd::kCancelled : CallEnd::kForwarded, FromGrpc(status_).code(),
                  server_context_);
}

// --- the runtime's side, unary
// ---------------------------------------------------------------------

void Call::StartUnary() {
  grpc::GenericStub stub(worker_.options().channel);
  unary_ =
      stub.PrepareUnaryCall(&*client_context_, server_context_.method(), request_, worker_.queue());
  unary_->StartCall();
  unary_->Finish(&response_, &status_, unary_finished_.Arm());
}

void Call::OnUnaryFinished(bool /*ok: Finish always succeeds; the status says the rest*/) {
  CopyInitialMetadata(*client_context_, server_context_);
  EndForwarded();
  if (method_->observe) {
    TellHook();
  }
  if (!status_.ok()) {
    caller_.Finish(status_, finished_.Arm());
    return;
  }
  worker_.CountAnswered();
  if (const grpc_compression_algorithm algorithm = CompressionOf(response_);
      algorithm != GRPC_COMPRESS_NONE) {
    server_context_.set_compression_algorithm(algorithm);
  }
  caller_.WriteAndFinish(response_, grpc::WriteOptions(), status_, finished_.Arm());
}

void Call::TellHook() {
  const size_t bytes_max = worker_.options().message_bytes_max;
  if (method_->method_class == MethodClass::kForwarded) {
    // Not read before it was forwarded. When it cannot be read the runtime could not either.
    request_bytes_ = ReadMessage(request_, bytes_max).value_or("");
  }
  absl::Status status = FromGrpc(status_);
  std::string response;
  if (status.ok()) {
    absl::StatusOr<std::string> bytes = ReadMessage(response_, bytes_max);
    status = bytes.status();
    response = std::move(bytes).value_or("");
  }
  worker_.hook().OnResponse(*method_, request_bytes_, kept_.get(), status, response);
}

// --- the runtime's side, server-streaming
// ----------------------------------------------------------

void Call::StartStream() {
  worker_.AddStream(this);
  // The factory that generated stubs use: one batch sends headers, the message and the half-close.
  stream_.reset(grpc::internal::ClientAsyncReaderFactory<grpc::ByteBuffer>::Create(
      worker_.options().channel.get(), worker_.queue(),
      grpc::internal::RpcMethod(server_context_.method().c_str(),
                                grpc::internal::RpcMethod::SERVER_STREAMING),
      &*client_context_, request_, /*start=*/false, /*tag=*/nullptr));
  stream_->StartCall(stream_started_.Arm());
  if (worker_.draining()) {
    EndStream();
  }
}

void Call::EndStream() {
  ended_by_us_ = true;
  client_context_->TryCancel();
}

void Call::OnStreamStarted(bool ok) {
  if (!ok) {
    FinishStream();
    return;
  }
  stream_->ReadInitialMetadata(stream_headers_.Arm());
}

void Call::OnStreamHeaders(bool ok) {
  if (!ok) {
    FinishStream();
    return;
  }
  // Sent on at once: a stream may be silent for hours after its headers.
  CopyInitialMetadata(*client_context_, server_context_);
  caller_.SendInitialMetadata(stream_headers_sent_.Arm());
}

void Call::OnStreamHeadersSent(bool ok) {
  if (!ok) {
    client_context_->TryCancel();
    FinishStream();
    return;
  }
  stream_->Read(&response_, stream_message_.Arm());
}

void Call::OnStreamMessage(bool ok) {
  if (!ok) {
    FinishStream();
    return;
  }
  if (CompressionOf(response_) != GRPC_COMPRESS_NONE) {
    // The headers, which name the encoding, went out before the first message told us of one.
    absl::StatusOr<std::string> bytes = ReadMessage(response_, worker_.options().message_bytes_max);
    if (!bytes.ok()) {
      client_context_->TryCancel();
      FinishStream();
      return;
    }
    response_ = MakeMessage(*bytes);
  }
  caller_.Write(response_, stream_message_sent_.Arm());
}

void Call::OnStreamMessageSent(bool ok) {
  if (!ok) {
    client_context_->TryCancel();
    FinishStream();
    return;
  }
  stream_->Read(&response_, stream_message_.Arm());
}

void Call::FinishStream() {
  stream_->Finish(&status_, stream_finished_.Arm());
}

void Call::OnStreamFinished(bool /*ok*/) {
  if (ended_by_us_) {
    status_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "sekisho is shutting down");
  }
  EndForwarded();
  caller_.Finish(status_, finished_.Arm());
}

}  // namespace sekisho::relay
