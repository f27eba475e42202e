#include "fuzz/http2_gate.h"

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/str_cat.h"
#include "config/snapshot.h"
#include "cri/facts.h"
#include "cri/protobuf_log.h"
#include "enforce/judge.h"
#include "enforce/parse.h"
#include "policy/evaluate.h"
#include "policy/policy.h"
#include "relay/grpc_log.h"
#include "relay/method_table.h"
#include "runtime/v1/api.pb.h"
#include "support/raw_client.h"
#include "support/request_builders.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

constexpr char kService[] = "/runtime.v1.RuntimeService/";
constexpr char kProbe[] = "the fuzzer's own";  // as the request of a probe

// Restricted, with whatever can be repaired repaired: requests are forwarded as they came, edited,
// and refused. It never changes: what a client that has gone left behind is judged by the same.
policy::Spec GateSpec() {
  policy::Spec spec = policy::DefaultSpec();
  spec.enforce = spec.audit = spec.warn = {policy::Level::kRestricted, {}};
  spec.on_violation.fill(policy::OnViolation::kHarden);
  spec.harden.drop_capabilities = {"NET_RAW"};
  spec.harden.no_new_privileges = true;
  spec.annotations.strip = {"io.*"};
  return spec;
}

std::shared_ptr<const config::Snapshot> SnapshotOf(const policy::Spec& spec) {
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->policy = std::make_shared<const policy::Policy>(spec, std::vector<policy::Rule>(),
                                                            std::vector<policy::Exemption>());
  snapshot->hash = "fuzz";
  return snapshot;
}

// Whatever the id: each sandbox is the one that the seeds' containers are put into.
std::string SandboxStatus(const std::string& asked) {
  cri_v1::PodSandboxStatusRequest request;
  request.ParseFromString(asked);
  const cri_v1::PodSandboxConfig config = SandboxConfig(PodOptions());
  cri_v1::PodSandboxStatusResponse response;
  cri_v1::PodSandboxStatus& status = *response.mutable_status();
  status.set_id(request.pod_sandbox_id());
  *status.mutable_metadata() = config.metadata();
  *status.mutable_annotations() = config.annotations();
  *status.mutable_linux()->mutable_namespaces()->mutable_options() =
      config.linux().security_context().namespace_options();
  return response.SerializeAsString();
}

std::string OrEmpty(std::optional<std::string> why) {
  return std::move(why).value_or("");
}

}  // namespace

Http2Gate::Http2Gate()
    : spec_(GateSpec()),
      mounts_({.kubelet_root = "/var/lib/kubelet", .look_at_node = false}),
      snapshots_(SnapshotOf(spec_)),
      enforcer_(snapshots_, audit_, mounts_),
      runtime_(dir_.File("runtime.sock"), [this](const FakeCall& call) { return Answer(call); }) {
  cri::SilenceProtobuf();
  relay::LimitGrpcLog([](std::string_view) {});
  runtime_.KeepNoCalls();
  relay::ServerOptions options;
  options.upstream_socket = dir_.File("runtime.sock");
  server_ = relay::Server::Start(options, enforcer_).value();
  prober_ = ChannelFromFd(Connect().Release());
}

Http2Gate::~Http2Gate() {
  prober_.reset();
  server_->Shutdown(std::chrono::seconds(1));
}

base::UniqueFd Http2Gate::Connect() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    throw std::runtime_error("no socketpair");
  }
  server_->Adopt(base::UniqueFd(ends[1]));
  return base::UniqueFd(ends[0]);
}

std::string Http2Gate::WhatShouldNotHaveCome() const {
  const std::lock_guard lock(mu_);
  return wrong_;
}

std::string Http2Gate::BrokenProbe() {
  const RawResult result = CallRaw(prober_, base::StrCat(kService, "Version"), kProbe);
  if (!result.status.ok()) {
    return base::StrCat("another client's call failed: ", result.status.error_message());
  }
  return result.messages.size() == 1 ? "" : "another client's call has no answer";
}

FakeReply Http2Gate::Answer(const FakeCall& call) {
  const bool of_ours = call.request == kProbe || call.method.ends_with("/PodSandboxStatus") ||
                       call.method.ends_with("/ListContainers");
  if (!of_ours) {
    ++reached_;
  }
  if (const std::string why = WhyNot(call); !why.empty()) {
    const std::lock_guard lock(mu_);
    if (wrong_.empty()) {
      wrong_ = base::StrCat(call.method, " reached the runtime: ", why);
    }
  }
  if (call.method.ends_with("/RunPodSandbox")) {
    cri_v1::RunPodSandboxResponse response;
    response.set_pod_sandbox_id("made");
    return ReplyWith(response.SerializeAsString());
  }
  if (call.method.ends_with("/PodSandboxStatus")) {
    return ReplyWith(SandboxStatus(call.request));
  }
  if (call.method.ends_with("/CreateContainer")) {
    cri_v1::CreateContainerResponse response;
    response.set_container_id(std::string(64, 'c'));
    return ReplyWith(response.SerializeAsString());
  }
  return ReplyWith("");
}

std::string Http2Gate::WhyNot(const FakeCall& call) const {
  const relay::MethodEntry* method = relay::FindMethod(call.method);
  if (method == nullptr || method->method_class == relay::MethodClass::kRefused) {
    return "it is no method to be forwarded";
  }
  if (call.method == base::StrCat(kService, "RunPodSandbox")) {
    cri_v1::RunPodSandboxRequest request;
    return !enforce::Parse(call.request, request)
               ? "it cannot be read"
               : OrEmpty(policy::WhyNotLegal(
                     spec_, cri::FactsFrom(request.config(), request.runtime_handler(), "config")));
  }
  if (call.method == base::StrCat(kService, "CreateContainer")) {
    cri_v1::CreateContainerRequest request;
    if (!enforce::Parse(call.request, request)) {
      return "it cannot be read";
    }
    const policy::SandboxFacts sandbox = cri::FactsFrom(request.sandbox_config(), "", "config");
    return OrEmpty(policy::WhyNotLegal(
        spec_, sandbox, enforce::LookedUp(mounts_, sandbox.pod, cri::FactsFrom(request.config()))));
  }
  return {};
}

}  // namespace sekisho::testing
