// One call through the relay: the single owner of both of its halves.
//
// CRI v1 has unary and server-streaming methods only, so every call is one request message, then
// messages, then a status, and one class serves all of them. Its life on its worker's thread:
//
//   accepted -> request read -> [hook decides] -> forwarded -> answered -> finished -> deleted
//
// Forwarding is reached from exactly one place, Forward(), and every other way out denies. The
// object counts the events it still waits for and deletes itself with the last one, so that neither
// half can outlive the other. How it went is told at that moment, and so exactly once.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <optional>
#include <string>

#include "relay/call_account.h"
#include "relay/call_hook.h"
#include "relay/event.h"
#include "relay/method_table.h"
#include "relay/worker.h"

namespace sekisho::relay {

class Call {
 public:
  // Asks the server for the next call of this worker.
  static void Accept(Worker& worker);

  // For a streaming call that is being forwarded: ends it with UNAVAILABLE (the agent stops).
  void EndStream();

 private:
  enum class Does { kOther, kWriteToCaller };

  // One member function as a completion-queue tag. A step has at most one operation outstanding.
  template <void (Call::*kMethod)(bool ok), Does kDoes = Does::kOther>
  class Step final : public Event {
   public:
    explicit Step(Call& call) : call_(call) {}
    virtual ~Step() = default;
    // The tag to hand to gRPC. Counts as an event to come.
    void* Arm() {
      ++call_.pending_;
      if constexpr (kDoes == Does::kWriteToCaller) {
        call_.worker_.AddWrite();
      }
      return static_cast<Event*>(this);
    }
    void OnEvent(bool ok) override {
      if constexpr (kDoes == Does::kWriteToCaller) {
        call_.worker_.RemoveWrite();
      }
      (call_.*kMethod)(ok);
      call_.Release();
    }

   private:
    Call& call_;
  };

  explicit Call(Worker& worker);
  ~Call();
  void Release();  // one event less to wait for

  // The caller's side.
  void OnAccepted(bool ok);
  void OnCallerDone(bool ok);
  void OnRequestRead(bool ok);
  void OnFinished(bool ok);
  void RejectUnread();
  bool DeadlineHasPassed() const;
  absl::StatusCode CodeOfGoneCaller() const;
  // The decision.
  void AskHook();
  void OnVerdict(Verdict verdict);
  void Deny(CallEnd end, const absl::Status& status);
  void Forward();
  // The runtime's side, unary.
  void StartUnary();
  void OnUnaryFinished(bool ok);
  void TellHook();
  void EndForwarded();
  // The runtime's side, server-streaming. One message is in flight at a time: the next is read from
  // the runtime when the caller's window took the last, so a slow reader slows the runtime down.
  void StartStream();
  void OnStreamStarted(bool ok);
  void OnStreamHeaders(bool ok);
  void OnStreamHeadersSent(bool ok);
  void OnStreamMessage(bool ok);
  void OnStreamMessageSent(bool ok);
  void FinishStream();
  void OnStreamFinished(bool ok);

  bool IsStreaming() const;

  Worker& worker_;
  const MethodEntry* method_ = nullptr;  // null: unknown, forwarded on the operator's demand
  int pending_ = 0;
  bool caller_gone_ = false;
  bool ended_by_us_ = false;

  // Caller's half.
  grpc::GenericServerContext server_context_;
  grpc::GenericServerAsyncReaderWriter caller_;
  grpc::ByteBuffer request_;
  std::string request_bytes_;  // of a checked or observed method: what is (to be) forwarded

  std::shared_ptr<const Kept> kept_;  // the hook's

  CallAccount account_;

  // Runtime's half. Empty until Forward().
  std::optional<grpc::ClientContext> client_context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> unary_;
  std::unique_ptr<grpc::ClientAsyncReader<grpc::ByteBuffer>> stream_;
  grpc::ByteBuffer response_;
  grpc::Status status_;

  Step<&Call::OnAccepted> accepted_{*this};
  Step<&Call::OnCallerDone> caller_done_{*this};
  Step<&Call::OnRequestRead> request_read_{*this};
  Step<&Call::OnFinished, Does::kWriteToCaller> finished_{*this};
  Step<&Call::OnUnaryFinished> unary_finished_{*this};
  Step<&Call::OnStreamStarted> stream_started_{*this};
  Step<&Call::OnStreamHeaders> stream_headers_{*this};
  Step<&Call::OnStreamHeadersSent, Does::kWriteToCaller> stream_headers_sent_{*this};
  Step<&Call::OnStreamMessage> stream_message_{*this};
  Step<&Call::OnStreamMessageSent, Does::kWriteToCaller> stream_message_sent_{*this};
  Step<&Call::OnStreamFinished> stream_finished_{*this};
};

}  // namespace sekisho::relay
