// The built `sekisho serve` as a process of its own, between a client and a fake runtime that live
// in the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "integration/relay_fixture.h"
#include "runtime/v1/api.pb.h"
#include "support/fake_runtime.h"
#include "support/raw_client.h"
#include "support/request_builders.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::testing {

inline constexpr char kStatus[] = "/runtime.v1.RuntimeService/Status";
inline constexpr char kPodSandboxStatus[] = "/runtime.v1.RuntimeService/PodSandboxStatus";
inline constexpr char kMadeUpLater[] = "/runtime.v1.RuntimeService/MadeUpLater";

// Whole policy files that differ in what they say of a pod which asks for nothing.
inline std::string PolicyEnforcing(const std::string& level) {
  return "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefaults: {enforce: " + level + "}\n";
}
// With a misspelt key in its third line.
inline constexpr char kBrokenPolicy[] =
    "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\ndefualts: {enforce: privileged}\n";

// Sanitizer builds on a busy machine are slow; nobody waits that long for what works.
inline constexpr std::chrono::seconds kLong{30};

// Replaces what the process's configuration says by something else.
inline void EditConfig(const SekishoProcess& sekisho, const std::string& from,
                       const std::string& to) {
  const std::string path = sekisho.options().dir + "/config.yaml";
  std::string text = ReadText(path);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  WriteText(path, text.replace(at, from.size(), to));
}

// Something that handlers of the fake runtime wait for. Opens at its end at the latest, so that a
// test that fails does not hang.
class Gate {
 public:
  ~Gate() { Open(); }
  void Open() {
    if (!std::exchange(open_, true)) {
      promise_.set_value();
    }
  }
  std::shared_future<void> future() const { return future_; }

 private:
  bool open_ = false;
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

// Remembers its sandboxes like a runtime, and answers everything else with an empty message.
class FakeNodeRuntime {
 public:
  FakeReply Answer(const FakeCall& call) {
    const std::lock_guard lock(mu_);
    if (call.method == kRunPodSandbox) {
      runtime::v1::RunPodSandboxRequest request;
      request.ParseFromString(call.request);
      runtime::v1::RunPodSandboxResponse response;
      response.set_pod_sandbox_id("sandbox-" + std::to_string(sandboxes_.size()));
      sandboxes_[response.pod_sandbox_id()] = request.config();
      return ReplyWith(response.SerializeAsString());
    }
    if (call.method == kPodSandboxStatus) {
      runtime::v1::PodSandboxStatusRequest request;
      request.ParseFromString(call.request);
      const auto it = sandboxes_.find(request.pod_sandbox_id());
      return it == sandboxes_.end() ? ReplyWith({grpc::StatusCode::NOT_FOUND, "no such sandbox"})
                                    : ReplyWith(StatusOf(it->first, it->second));
    }
    return ReplyWith("");
  }

 private:
  static std::string StatusOf(const std::string& id, const runtime::v1::PodSandboxConfig& config) {
    runtime::v1::PodSandboxStatusResponse response;
    runtime::v1::PodSandboxStatus& status = *response.mutable_status();
    status.set_id(id);
    *status.mutable_metadata() = config.metadata();
    *status.mutable_annotations() = config.annotations();
    *status.mutable_linux()->mutable_namespaces()->mutable_options() =
        config.linux().security_context().namespace_options();
    return response.SerializeAsString();
  }

  std::mutex mu_;
  std::map<std::string, runtime::v1::PodSandboxConfig> sandboxes_;  // guarded by mu_
};

class ServeTest : public ::testing::Test {
 protected:
  SekishoOptions Options(const std::string& policy = PolicyEnforcing("baseline")) const {
    return {.dir = dir_.path(), .upstream_socket = runtime_socket(), .policy = policy};
  }
  std::string runtime_socket() const { return dir_.File("runtime.sock"); }

  void StartRuntime() {
    runtime_ = std::make_unique<FakeRuntime>(
        runtime_socket(), [this](const FakeCall& call) { return node_.Answer(call); });
  }
  // A running agent before a running runtime.
  void Start(SekishoOptions options) {
    if (runtime_ == nullptr) {
      StartRuntime();
    }
    sekisho_ = std::make_unique<SekishoProcess>(std::move(options));
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  }

  RawResult Call(const std::string& method, const std::string& request = "") const {
    return CallRaw(ChannelTo(sekisho_->socket()), method, request, {.timeout = kLong});
  }
  grpc::StatusCode CodeOf(const std::string& method, const std::string& request = "") const {
    return Call(method, request).status.error_code();
  }
  // Runs a sandbox. Its id, "" when it was refused.
  std::string RunSandbox(const PodOptions& pod) const {
    const RawResult result = Call(kRunPodSandbox, RunPodSandbox(pod).SerializeAsString());
    runtime::v1::RunPodSandboxResponse response;
    if (!result.status.ok() || !response.ParseFromString(result.messages.at(0))) {
      return "";
    }
    return response.pod_sandbox_id();
  }
  // What becomes of a pod that wants the host's processes: baseline refuses it.
  grpc::StatusCode CodeOfHostPidPod() const {
    const PodOptions pod = {.edit = [](runtime::v1::PodSandboxConfig& config) {
      config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_pid(
          runtime::v1::NODE);
    }};
    return CodeOf(kRunPodSandbox, RunPodSandbox(pod).SerializeAsString());
  }

  const TempDir dir_;
  FakeNodeRuntime node_;
  std::unique_ptr<FakeRuntime> runtime_;
  std::unique_ptr<SekishoProcess> sekisho_;
};

}  // namespace sekisho::testing
