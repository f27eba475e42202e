// load_client ENDPOINT CALLS_PER_SECOND: a steady load on one connection, until SIGTERM.
//
// Open loop: a call starts when it is due, whatever became of those before it. No call waits for a
// connection where there is none and none is tried again: gRPC's defaults, which a kubelet has.
// Says "loading" once ten calls were answered; at the end one JSON object goes to stdout. Times are
// CLOCK_MONOTONIC in milliseconds, which every process of the machine shares.
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "system/kubelet_channel.h"

namespace sekisho::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kMethods[] = {"Version", "ListContainers", "Status", "ListPodSandbox"};
constexpr std::chrono::seconds kCallTimeout{60};
constexpr int kAnswersBeforeLoading = 10;

double Milliseconds(Clock::time_point time) {
  return std::chrono::duration<double, std::milli>(time.time_since_epoch()).count();
}

// One call, from its start to its end.
struct OneCall {
  const char* method = nullptr;
  Clock::time_point start;
  Clock::time_point end;
  grpc::ClientContext context;
  grpc::Status status;
  grpc::ByteBuffer answer;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

class Load {
 public:
  Load(const std::string& endpoint, int calls_per_second)
      : channel_(endpoint),
        stub_(channel_.channel()),
        interval_(std::chrono::microseconds(1'000'000 / calls_per_second)),
        answers_([this] { TakeAnswers(); }) {}

  // Starts calls until `stop` is true, and waits for the answers to all of them.
  nlohmann::json Run(const std::atomic<bool>& stop);

 private:
  void StartCall(const char* method);
  void TakeAnswers();
  nlohmann::json Totals() const;

  KubeletChannel channel_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  const std::chrono::microseconds interval_;
  std::vector<std::unique_ptr<OneCall>> done_;  // of answers_ until it has ended
  std::thread answers_;
};

void Load::StartCall(const char* method) {
  auto call = std::make_unique<OneCall>();
  call->method = method;
  call->context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  call->start = Clock::now();
  // Each of these requests may be empty.
  call->reader =
      stub_.PrepareUnaryCall(&call->context, std::string("/runtime.v1.RuntimeService/") + method,
                             grpc::ByteBuffer(nullptr, 0), &queue_);
  call->reader->StartCall();
  OneCall* const tag = call.release();  // taken back by TakeAnswers
  tag->reader->Finish(&tag->answer, &tag->status, tag);
}

void Load::TakeAnswers() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    done_.emplace_back(static_cast<OneCall*>(tag));
    done_.back()->end = Clock::now();
    if (done_.size() == kAnswersBeforeLoading) {
      std::puts("loading");
      std::fflush(stdout);
    }
  }
}

nlohmann::json Load::Run(const std::atomic<bool>& stop) {
  Clock::time_point due = Clock::now();
  for (size_t i = 0; !stop; ++i) {
    std::this_thread::sleep_until(due);
    StartCall(kMethods[i % std::size(kMethods)]);
    due += interval_;
  }
  queue_.Shutdown();  // what is under way still ends
  answers_.join();
  return Totals();
}

nlohmann::json Load::Totals() const {
  std::map<std::string, int> failed;
  nlohmann::json failures = nlohmann::json::array();
  std::vector<Clock::time_point> answers;
  Clock::duration longest{};
  for (const auto& call : done_) {
    longest = std::max(longest, call->end - call->start);
    if (call->status.ok()) {
      answers.push_back(call->end);
      continue;
    }
    const std::string code =
        absl::StatusCodeToString(static_cast<absl::StatusCode>(call->status.error_code()));
    ++failed[code];
    failures.push_back({{"method", call->method},
                        {"code", code},
                        {"message", call->status.error_message()},
                        {"start", Milliseconds(call->start)},
                        {"end", Milliseconds(call->end)}});
  }
  Clock::duration gap{};
  for (size_t i = 1; i < answers.size(); ++i) {  // the queue gave them in the order of their ends
    gap = std::max(gap, answers[i] - answers[i - 1]);
  }
  const auto ms = [](Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  return {{"calls", done_.size()}, {"answered", answers.size()},   {"failed", failed},
          {"failures", failures},  {"longestCallMs", ms(longest)}, {"longestGapMs", ms(gap)}};
}

std::atomic<bool> told_to_stop{false};

}  // namespace
}  // namespace sekisho::testing

int main(int argc, char** argv) {
  const int calls_per_second = argc == 3 ? std::atoi(argv[2]) : 0;
  if (calls_per_second <= 0) {
    std::fputs("load_client ENDPOINT CALLS_PER_SECOND\n", stderr);
    return 2;
  }
  (void)std::signal(SIGTERM, [](int) { sekisho::testing::told_to_stop = true; });
  sekisho::testing::Load load(argv[1], calls_per_second);
  std::puts(load.Run(sekisho::testing::told_to_stop).dump(1).c_str());
  return 0;
}
