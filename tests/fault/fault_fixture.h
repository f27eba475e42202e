// The built agent as a process, before a runtime that counts what must not have reached it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fault/counting_runtime.h"
#include "fault/load.h"
#include "fault/outcome.h"
#include "fault/process_memory.h"
#include "support/fake_runtime.h"
#include "support/raw_client.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::testing {

// What is waited for at most; sanitizer builds on a busy machine are slow.
inline constexpr std::chrono::seconds kLong{30};

// How often a thing is done: fewer times where a sanitizer makes each slow.
constexpr int Times(int count, int under_sanitizer) {
  return SEKISHO_SANITIZED != 0 ? under_sanitizer : count;
}

inline constexpr char kVersion[] = "/runtime.v1.RuntimeService/Version";
inline constexpr char kStatus[] = "/runtime.v1.RuntimeService/Status";
inline constexpr char kPodSandboxStatus[] = "/runtime.v1.RuntimeService/PodSandboxStatus";
inline constexpr char kCreateContainer[] = "/runtime.v1.RuntimeService/CreateContainer";
inline constexpr char kGetContainerEvents[] = "/runtime.v1.RuntimeService/GetContainerEvents";

class FaultTest : public ::testing::Test {
 protected:
  SekishoOptions Options() const {
    return {.dir = dir_.path(), .upstream_socket = runtime_socket(), .policy = kFaultPolicy};
  }
  std::string runtime_socket() const { return dir_.File("runtime.sock"); }

  // Answers as a runtime does; calls that `special` has an answer to get that.
  using Special = std::function<std::optional<FakeReply>(const FakeCall&)>;
  void StartRuntime(Special special = {}) {
    runtime_ = std::make_unique<FakeRuntime>(
        runtime_socket(), [this, special = std::move(special)](const FakeCall& call) {
          std::optional<FakeReply> reply;
          if (special) {
            reply = special(call);
          }
          return reply.has_value() ? *std::move(reply) : counting_.Answer(call);
        });
    runtime_->KeepNoCalls();
  }
  void StartSekisho(SekishoOptions options) {
    sekisho_ = std::make_unique<SekishoProcess>(std::move(options));
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  }
  void Start(Special special = {}) {
    StartRuntime(std::move(special));
    StartSekisho(Options());
  }
  void TearDown() override {
    if (sekisho_ != nullptr && sekisho_->Wait(std::chrono::milliseconds(0)) == std::nullopt) {
      EXPECT_EQ(sekisho_->Terminate(), 0) << sekisho_->Log();
    }
  }

  // A call on a connection of its own.
  RawResult Call(const std::string& method, const std::string& request = "",
                 std::chrono::milliseconds timeout = kLong) const {
    return CallRaw(ChannelTo(sekisho_->socket()), method, request,
                   {.timeout = timeout, .wait_for_ready = true});
  }
  // What is open after a decision, and not while the thread that writes it down has still to open
  // the audit log: one descriptor more.
  std::vector<std::string> DescriptorsAfterADecision() const {
    const auto has_audit_log = [this](const std::vector<std::string>& open) {
      return std::ranges::any_of(
          open, [this](const std::string& one) { return one.ends_with(sekisho_->audit_path()); });
    };
    std::vector<std::string> open;
    EXPECT_TRUE(Eventually(
        [&] {
          open = OpenDescriptors(sekisho_->pid());
          return has_audit_log(open);
        },
        kLong))
        << ::testing::PrintToString(open);
    return open;
  }
  // Whether there are no more than before, in half a minute at most. A caller's connection has a
  // second descriptor, which goes after its end when the next connection comes
  // (relay/connections.h).
  void ExpectDescriptorsBackTo(const std::vector<std::string>& before) const {
    std::vector<std::string> now;
    EXPECT_TRUE(Eventually(
        [&] {
          const bool answered = Call(kVersion).status.ok();
          now = OpenDescriptors(sekisho_->pid());
          return answered && now.size() <= before.size();
        },
        kLong))
        << "before: " << ::testing::PrintToString(before)
        << "\nnow:    " << ::testing::PrintToString(now);
  }
  bool Lives() const { return sekisho_->Wait(std::chrono::milliseconds(0)) == std::nullopt; }

  // That each kind of request, once more, comes to what it has to come to.
  void ExpectAllIsWell() const {
    for (const LoadRequest& request : LoadRequests(/*caller=*/999)) {
      const RawResult result = Call(request.method, request.bytes);
      EXPECT_EQ(result.status.error_code(),
                request.forbidden ? grpc::StatusCode::PERMISSION_DENIED : grpc::StatusCode::OK)
          << request.method << ": " << result.status.error_message();
    }
  }

  // Adds what the callers and the runtime saw.
  void Take(const LoadCounts& counts, FaultOutcome& outcome) const {
    EXPECT_EQ(counts.wrong, 0u) << counts.first_wrong;
    outcome.calls += counts.made;
    outcome.answered += counts.answered + counts.refused;
    outcome.lost += counts.lost;
  }
  void TakeWrong(FaultOutcome& outcome) const {
    EXPECT_EQ(counting_.wrong(), 0u) << counting_.first_wrong();
    outcome.wrongly_forwarded = counting_.wrong();
  }

  const TempDir dir_;
  CountingRuntime counting_;
  std::unique_ptr<FakeRuntime> runtime_;
  std::unique_ptr<SekishoProcess> sekisho_;
};

}  // namespace sekisho::testing
