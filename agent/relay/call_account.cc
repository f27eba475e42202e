#include "relay/call_account.h"

#include <string>

#include "relay/metadata.h"

namespace sekisho::relay {
namespace {

std::string Microseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

void CallAccount::Begin(const MethodEntry* method) {
  begun_ = true;
  report_.method = method;
}

void CallAccount::RequestIsThere(const grpc::ServerContext& caller) {
  times_asked_ = AsksForTimes(caller);
  measures_ = times_asked_ || observer_ != nullptr;
  request_there_ = Now();
}

void CallAccount::EndDecision() {
  if (measures_) {
    report_.decision = Now() - request_there_;
  }
}

void CallAccount::StartUpstream() {
  forwarded_ = Now();
}

void CallAccount::EndUpstream() {
  if (measures_) {
    report_.upstream = Now() - forwarded_;
  }
}

void CallAccount::Answer(CallEnd end, absl::StatusCode code, grpc::ServerContext& answer) {
  report_.end = end;
  report_.code = code;
  if (!times_asked_) {
    return;
  }
  if (report_.decision.has_value()) {
    answer.AddTrailingMetadata(std::string(kDecisionTime), Microseconds(*report_.decision));
  }
  if (report_.upstream.has_value()) {
    answer.AddTrailingMetadata(std::string(kUpstreamTime), Microseconds(*report_.upstream));
  }
}

void CallAccount::Report() const {
  if (!begun_ || observer_ == nullptr) {
    return;
  }
  CallReport report = report_;
  if (lost_ && too_large_if_lost_) {
    report.code = absl::StatusCode::kResourceExhausted;
  } else if (lost_) {
    report.end = CallEnd::kCancelled;
    report.code = code_when_gone_;
  }
  observer_->OnCall(report);
}

}  // namespace sekisho::relay
