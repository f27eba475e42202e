#include "bench/load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "relay/message.h"

namespace sekisho::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct LoadCall {
  Clock::time_point started = Clock::now();
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
};

double Microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

double Median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

Timing Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request = relay::MakeMessage(load.request);
  const auto start = [&] {
    auto* call = new LoadCall;
    call->reader = stub.PrepareUnaryCall(&call->context, load.method, request, &queue);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  };
  Timing timing;
  std::vector<double> latencies;
  latencies.reserve(static_cast<size_t>(load.calls));
  const Clock::time_point began = Clock::now();
  int started = std::min(load.in_flight, load.calls);
  for (int i = 0; i < started; ++i) {
    start();
  }
  void* tag = nullptr;
  bool ok = false;
  while (latencies.size() < static_cast<size_t>(load.calls) && queue.Next(&tag, &ok)) {
    const std::unique_ptr<LoadCall> call(static_cast<LoadCall*>(tag));
    latencies.push_back(Microseconds(Clock::now() - call->started));
    timing.failed += call->status.ok() ? 0 : 1;
    if (started < load.calls) {
      ++started;
      start();
    }
  }
  timing.calls_per_second =
      static_cast<double>(load.calls) * 1e6 / Microseconds(Clock::now() - began);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  std::ranges::sort(latencies);
  timing.p50_us = latencies[latencies.size() / 2];
  timing.p99_us = latencies[latencies.size() * 99 / 100];
  return timing;
}

}  // namespace sekisho::bench
