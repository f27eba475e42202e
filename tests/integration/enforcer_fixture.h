// The real relay with the real enforcement before a fake runtime, under policies made in the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "audit/sink.h"
#include "enforce/enforcer.h"
#include "integration/relay_fixture.h"
#include "runtime/v1/api.pb.h"
#include "support/request_builders.h"

namespace sekisho::testing {

inline constexpr char kSandboxId[] = "sandbox-1";
inline constexpr char kContainerId[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline constexpr char kPodSandboxStatus[] = "/runtime.v1.RuntimeService/PodSandboxStatus";
inline constexpr char kStatus[] = "/runtime.v1.RuntimeService/Status";
inline constexpr char kListContainers[] = "/runtime.v1.RuntimeService/ListContainers";
inline constexpr char kUpdateContainerResources[] =
    "/runtime.v1.RuntimeService/UpdateContainerResources";
inline constexpr char kUpdatePodSandboxResources[] =
    "/runtime.v1.RuntimeService/UpdatePodSandboxResources";

// Keeps every record.
class MemorySink final : public audit::Sink {
 public:
  void Write(audit::Record record) override {
    const std::lock_guard lock(mu_);
    records_.push_back(std::move(record));
  }
  audit::SinkStats stats() const override { return {}; }
  std::vector<audit::Record> records() const {
    const std::lock_guard lock(mu_);
    return records_;
  }

 private:
  mutable std::mutex mu_;
  std::vector<audit::Record> records_;
};

class EnforcerFixture : public ::testing::Test {
 protected:
  using SnapshotPtr = std::shared_ptr<const config::Snapshot>;
  using Edit = std::function<void(policy::Spec&)>;

  // Both outlive the fixture. Without `profiles` no seccomp profile is looked at, without
  // `containers` nobody is told of them.
  explicit EnforcerFixture(const enforce::Profiles* profiles = nullptr,
                           enforce::ContainerObserver* containers = nullptr)
      : enforcer_(std::make_unique<enforce::Enforcer>(
            snapshots_, audit_,
            // The pods of these requests exist nowhere.
            mounts::Resolver({.kubelet_root = "/var/lib/kubelet", .look_at_node = false}),
            enforce::Enforcer::Options{.profiles = profiles, .containers = containers})) {
    runtime_.SetHandler([this](const FakeCall& call) { return Answer(call); });
    relay::ServerOptions options;
    options.upstream_socket = dir_.File("runtime.sock");
    server_ = relay::Server::Start(options, *enforcer_).value();
    channel_ = ChannelFromFd(Connect().Release());
  }
  ~EnforcerFixture() override { server_->Shutdown(std::chrono::seconds(5)); }

  // --- policies ---
  static policy::Spec SpecOf(policy::Level level) {
    policy::Spec spec = policy::DefaultSpec();
    spec.enforce = {level, {}};
    return spec;
  }
  static SnapshotPtr Wrap(policy::Policy policy, std::string hash) {
    auto snapshot = std::make_shared<config::Snapshot>();
    snapshot->policy = std::make_shared<const policy::Policy>(std::move(policy));
    snapshot->hash = std::move(hash);
    return snapshot;
  }
  static SnapshotPtr PolicyOf(policy::Level level, const Edit& edit = {}) {
    policy::Spec spec = SpecOf(level);
    if (edit) {
      edit(spec);
    }
    return Wrap(policy::Policy(spec, {}, {}), std::string(policy::LevelName(level)));
  }
  static SnapshotPtr PolicyWithRule(policy::Match match, policy::Level matched,
                                    policy::Level otherwise) {
    policy::Rule rule{std::move(match), SpecOf(matched), "rule"};
    return Wrap(policy::Policy(SpecOf(otherwise), {rule}, {}), "rule");
  }
  void Use(SnapshotPtr snapshot) { snapshots_.Set(std::move(snapshot)); }

  // --- calls ---
  base::UniqueFd Connect() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    server_->Adopt(base::UniqueFd(ends[1]));
    return base::UniqueFd(ends[0]);
  }
  absl::Status Call(const std::string& method, const std::string& bytes) {
    const grpc::Status status = CallRaw(channel_, method, bytes).status;
    return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
  }
  std::string LastRequest(const std::string& method) const {
    std::string last = "(never called)";
    for (const FakeCall& call : runtime_.calls()) {
      if (call.method == method) {
        last = call.request;
      }
    }
    return last;
  }
  std::vector<audit::Record> Audited() const { return audit_.records(); }

  // Refused with this code and text, recorded as a denial (with this error id, or by the policy
  // when it is empty), and never seen by the runtime.
  void ExpectRefused(const std::string& method, const std::string& bytes, absl::StatusCode code,
                     const std::string& text, const std::string& error_id) {
    const size_t reached = runtime_.CountOf(method);
    const size_t audited = Audited().size();
    const absl::Status status = Call(method, bytes);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_NE(status.message().find(text), absl::string_view::npos) << status;
    EXPECT_EQ(runtime_.CountOf(method), reached) << "the request reached the runtime";
    ASSERT_EQ(Audited().size(), audited + 1) << "not recorded";
    EXPECT_EQ(Audited().back().decision.action, policy::Action::kDeny);
    EXPECT_EQ(Audited().back().error_id, error_id);
  }

  // --- requests ---
  PodOptions Pod() const { return {.edit = sandbox_edit_}; }
  runtime::v1::RunPodSandboxRequest SandboxRequest() const { return RunPodSandbox(Pod()); }
  runtime::v1::CreateContainerRequest ContainerRequest() const {
    return CreateContainer(kSandboxId, Pod(), {});
  }
  runtime::v1::CreateContainerRequest RestrictedContainer() const {
    return CreateContainer(kSandboxId, Pod(), {.edit = MakeRestricted});
  }
  // Runs the sandbox through the relay, whatever the policy in force.
  void RunSandbox() {
    ASSERT_TRUE(Call(kRunPodSandbox, SandboxRequest().SerializeAsString()).ok());
  }

  static runtime::v1::PodSandboxStatusResponse StatusOf(
      const runtime::v1::RunPodSandboxRequest& request) {
    runtime::v1::PodSandboxStatusResponse response;
    runtime::v1::PodSandboxStatus& status = *response.mutable_status();
    status.set_id(kSandboxId);
    *status.mutable_metadata() = request.config().metadata();
    *status.mutable_annotations() = request.config().annotations();
    *status.mutable_linux()->mutable_namespaces()->mutable_options() =
        request.config().linux().security_context().namespace_options();
    return response;
  }

  FakeReply Answer(const FakeCall& call) {
    if (call.method == kRunPodSandbox) {
      runtime::v1::RunPodSandboxResponse response;
      response.set_pod_sandbox_id(kSandboxId);
      return run_sandbox_status_.ok() ? ReplyWith(response.SerializeAsString())
                                      : ReplyWith(run_sandbox_status_);
    }
    if (call.method == kPodSandboxStatus) {
      if (!runtime_status_.ok()) {
        return ReplyWith(runtime_status_);
      }
      return ReplyWith(sandbox_status_bytes_.value_or(sandbox_status_.SerializeAsString()));
    }
    if (call.method == kCreateContainer) {
      runtime::v1::CreateContainerResponse response;
      response.set_container_id(kContainerId);
      return ReplyWith(response.SerializeAsString());
    }
    if (call.method == kListContainers) {
      return ReplyWith(containers_.SerializeAsString());
    }
    if (call.method == kStatus) {
      return ReplyWith(status_.SerializeAsString());
    }
    return ReplyWith("");
  }

  // What the runtime answers. Changed only between calls.
  grpc::Status run_sandbox_status_;
  grpc::Status runtime_status_;
  runtime::v1::PodSandboxStatusResponse sandbox_status_;
  runtime::v1::ListContainersResponse containers_;
  runtime::v1::StatusResponse status_;
  std::optional<std::string> sandbox_status_bytes_;
  std::function<void(runtime::v1::PodSandboxConfig&)> sandbox_edit_;

  TempDir dir_;
  MemorySink audit_;
  enforce::SnapshotHolder snapshots_{PolicyOf(policy::Level::kRestricted)};
  std::unique_ptr<enforce::Enforcer> enforcer_;
  FakeRuntime runtime_{dir_.File("runtime.sock")};
  std::unique_ptr<relay::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sekisho::testing
