#include "enforce/enforcer.h"

#include <optional>
#include <type_traits>
#include <utility>

#include "base/str_cat.h"
#include "cri/facts.h"
#include "enforce/parse.h"
#include "enforce/user_namespaces.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::enforce {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::string_view kPrefix = "/runtime.v1.RuntimeService/";

std::chrono::sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

absl::Status Unparsable(std::string_view message_name) {
  return absl::InvalidArgumentError(
      base::StrCat("sekisho cannot read this ", message_name,
                   ": not a valid protobuf message, or a text field that is not UTF-8"));
}

bool EnforcesNothing(const policy::Spec& spec) {
  return spec.enforce.level == policy::Level::kPrivileged && spec.controls == policy::Controls{};
}

// With every check that any rule could ask for of a change of resources.
const policy::Spec& Strictest() {
  static const policy::Spec kStrictest = [] {
    policy::Spec spec;
    spec.enforce = {policy::Level::kRestricted, {}};
    spec.annotations = {.allow = {}, .strip = {}, .deny = {"*"}};
    return spec;
  }();
  return kStrictest;
}

}  // namespace

namespace {

// Of a container, until the runtime says that it has made it.
struct KeptContainer final : relay::Kept {
  explicit KeptContainer(Forwarded facts) : forwarded(std::move(facts)) {}
  const Forwarded forwarded;
};

}  // namespace

struct Enforcer::Request {
  Request(std::string_view method_name, std::shared_ptr<const config::Snapshot> policy_in_force,
          policy::NamespaceView known_namespaces, Done when_decided)
      : snapshot(std::move(policy_in_force)),
        namespaces(std::move(known_namespaces)),
        done(std::move(when_decided)) {
    record.time = std::chrono::system_clock::now();
    record.method = std::string(method_name);
    record.policy_hash = snapshot->hash;
  }

  // One policy, and one state of the cluster, for the whole request.
  const std::shared_ptr<const config::Snapshot> snapshot;
  const policy::NamespaceView namespaces;
  const Done done;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  audit::Record record;

  // For the pod, or for one container of it.
  policy::SpecPtr SpecFor(const policy::PodIdentity& pod) const {
    return snapshot->policy->ForSandbox(pod, Now(), namespaces);
  }
  policy::SpecPtr SpecFor(const policy::PodIdentity& pod, const std::string& container) const {
    return snapshot->policy->ForContainer(pod, container, Now(), namespaces);
  }

  void SetSpec(const policy::Spec& spec) {
    record.enforced = spec.EnforcedText();
    record.level_source = policy::LevelSourceName(spec.level_source);
    record.rule = spec.origin;
    record.exemption = spec.exemption_reason.value_or("");
  }
};

void Enforcer::OnRequest(const relay::MethodEntry& method, std::string_view request,
                         relay::UpstreamCaller& upstream, Done done) {
  const std::string_view name =
      method.path.starts_with(kPrefix) ? method.path.substr(kPrefix.size()) : method.path;
  auto walk = std::make_shared<Request>(
      name, snapshots_.Get(), options_.namespaces ? options_.namespaces() : policy::NamespaceView{},
      std::move(done));
  if (name == "RunPodSandbox") {
    RunPodSandbox(walk, request, upstream);
  } else if (name == "CreateContainer") {
    CreateContainer(std::move(walk), request, upstream);
  } else if (name == "RestorePod") {
    RestorePod(*walk, request);
  } else if (name == "CheckpointPod") {
    CheckpointPod(std::move(walk), request, upstream);
  } else if (name == "UpdateContainerResources") {
    UpdateResources<cri_v1::UpdateContainerResourcesRequest>(std::move(walk), request, upstream);
  } else if (name == "UpdatePodSandboxResources") {
    UpdateResources<cri_v1::UpdatePodSandboxResourcesRequest>(std::move(walk), request, upstream);
  } else {
    Refuse(*walk, "unjudged-method",
           absl::UnimplementedError(base::StrCat("sekisho has no judgement for ", method.path)));
  }
}

// --- RunPodSandbox
// ---------------------------------------------------------------------------------

void Enforcer::RunPodSandbox(const std::shared_ptr<Request>& request, std::string_view bytes,
                             relay::UpstreamCaller& upstream) {
  const std::shared_ptr<cri_v1::RunPodSandboxRequest> message =
      MakeOnArena<cri_v1::RunPodSandboxRequest>();
  if (!Parse(bytes, *message)) {
    Refuse(*request, "unparsable", Unparsable("RunPodSandboxRequest"));
    return;
  }
  const Judge judge = JudgeFor(*request, nullptr);
  std::optional<Judgement> without;
  if (AsksForUserNamespace(message->config())) {
    cri_v1::RunPodSandboxRequest other = *message;
    TakeUserNamespace(*other.mutable_config());
    without = judge.Sandbox(other);
  }
  ConcludeWith(request, judge.Sandbox(*message), without, message->runtime_handler(), upstream);
}

void Enforcer::ConcludeWith(std::shared_ptr<Request> request, Judgement judgement,
                            const std::optional<Judgement>& without, const std::string& handler,
                            relay::UpstreamCaller& upstream) {
  if (!without.has_value() || !judgement.status.ok() || !DecidedOtherwise(judgement, *without)) {
    Conclude(*request, std::move(judgement));
    return;
  }
  AskForUserNamespaces(handler, upstream,
                       [this, request = std::move(request),
                        judgement = std::make_shared<Judgement>(std::move(judgement))](
                           const absl::Status& has_them) {
                         if (!has_them.ok()) {
                           request->record.pod = judgement->pod;
                           Refuse(*request, "no-user-namespace", has_them);
                           return;
                         }
                         Conclude(*request, std::move(*judgement));
                       });
}

// --- CreateContainer
// -------------------------------------------------------------------------------

void Enforcer::CreateContainer(std::shared_ptr<Request> request, std::string_view bytes,
                               relay::UpstreamCaller& upstream) {
  const std::shared_ptr<cri_v1::CreateContainerRequest> message =
      MakeOnArena<cri_v1::CreateContainerRequest>();
  if (!Parse(bytes, *message)) {
    Refuse(*request, "unparsable", Unparsable("CreateContainerRequest"));
    return;
  }
  request->record.sandbox_id = message->pod_sandbox_id();
  request->record.container = message->config().metadata().name();
  if (!message->has_config() || !message->has_sandbox_config() ||
      message->pod_sandbox_id().empty() || message->config().metadata().name().empty()) {
    Refuse(*request, "incomplete-identity",
           absl::InvalidArgumentError("pod_sandbox_id, config, config.metadata.name and "
                                      "sandbox_config are all needed to judge a container"));
    return;
  }
  sandboxes_.Find(message->pod_sandbox_id(), upstream,
                  [this, request = std::move(request), message,
                   &upstream](absl::StatusOr<std::shared_ptr<const SandboxRecord>> found) {
                    if (!found.ok()) {
                      Refuse(*request, "unknown-sandbox", found.status());
                      return;
                    }
                    CheckTarget(request, *std::move(found), message, upstream);
                  });
}

void Enforcer::CheckTarget(std::shared_ptr<Request> request,
                           std::shared_ptr<const SandboxRecord> sandbox,
                           std::shared_ptr<cri_v1::CreateContainerRequest> message,
                           relay::UpstreamCaller& upstream) {
  const cri_v1::NamespaceOption& namespaces =
      message->config().linux().security_context().namespace_options();
  if (namespaces.pid() != cri_v1::TARGET ||
      EnforcesNothing(*request->SpecFor(sandbox->facts.pod, message->config().metadata().name()))) {
    DecideContainer(request, *sandbox, *message, upstream);
    return;
  }
  // A runtime that does not check it would show the processes of any container of the node.
  sandboxes_.FindContainer(
      namespaces.target_id(), upstream,
      [this, request = std::move(request), sandbox = std::move(sandbox),
       message = std::move(message), &upstream](absl::StatusOr<SandboxFinder::Container> of) {
        if (!of.ok() || of->sandbox_id != message->pod_sandbox_id()) {
          request->record.pod = sandbox->facts.pod;
          Refuse(*request, "foreign-target",
                 absl::PermissionDeniedError(
                     base::StrCat("namespace_options.target_id names no container of this pod",
                                  of.ok() ? "" : base::StrCat(": ", of.status().message()))));
          return;
        }
        DecideContainer(request, *sandbox, *message, upstream);
      });
}

void Enforcer::DecideContainer(const std::shared_ptr<Request>& request,
                               const SandboxRecord& sandbox,
                               cri_v1::CreateContainerRequest& message,
                               relay::UpstreamCaller& upstream) {
  const Judge judge = JudgeFor(*request, profiles_);
  std::optional<Judgement> without;
  if (AsksForUserNamespace(message.sandbox_config())) {
    SandboxRecord pod = sandbox;
    pod.facts.namespaces.userns.reset();
    cri_v1::CreateContainerRequest other = message;
    TakeUserNamespace(*other.mutable_sandbox_config());
    TakeUserNamespace(*other.mutable_config());
    without = judge.Container(pod, other);
  }
  ConcludeWith(request, judge.Container(sandbox, message), without,
               sandbox.facts.pod.runtime_handler, upstream);
}

Judge Enforcer::JudgeFor(const Request& request, const Profiles* profiles) const {
  return {*request.snapshot->policy, mounts_, Now(), profiles, request.namespaces,
          options_.keep_facts};
}

// --- the methods that no request can be judged by
// --------------------------------------------------

void Enforcer::RestorePod(Request& request, std::string_view bytes) {
  cri_v1::RestorePodRequest message;
  if (!Parse(bytes, message)) {
    Refuse(request, "unparsable", Unparsable("RestorePodRequest"));
    return;
  }
  const policy::SandboxFacts facts =
      cri::FactsFrom(message.config(), message.runtime_handler(), "config");
  request.record.pod = facts.pod;
  bool privileged = EnforcesNothing(*request.SpecFor(facts.pod));
  for (const cri_v1::ContainerConfig& config : message.container_configs()) {
    privileged =
        privileged && EnforcesNothing(*request.SpecFor(facts.pod, config.metadata().name()));
  }
  if (!privileged) {
    Refuse(
        request, "restore-refused",
        absl::PermissionDeniedError(
            "RestorePod is allowed only where the node's policy is privileged: the processes' "
            "users, capabilities and seccomp filters come from the checkpoint, not the request"));
    return;
  }
  LetUnjudged(request);
}

void Enforcer::CheckpointPod(std::shared_ptr<Request> request, std::string_view bytes,
                             relay::UpstreamCaller& upstream) {
  cri_v1::CheckpointPodRequest message;
  if (!Parse(bytes, message)) {
    Refuse(*request, "unparsable", Unparsable("CheckpointPodRequest"));
    return;
  }
  request->record.sandbox_id = message.pod_sandbox_id();
  sandboxes_.Find(
      message.pod_sandbox_id(), upstream,
      [this,
       request = std::move(request)](absl::StatusOr<std::shared_ptr<const SandboxRecord>> found) {
        if (!found.ok()) {
          Refuse(*request, "unknown-sandbox", found.status());
          return;
        }
        request->record.pod = (*found)->facts.pod;
        if (!EnforcesNothing(*request->SpecFor((*found)->facts.pod))) {
          Refuse(*request, "checkpoint-refused",
                 absl::PermissionDeniedError(
                     "CheckpointPod is allowed only where the node's policy is privileged: "
                     "it writes the pod's memory to a path of the caller's choice"));
          return;
        }
        LetUnjudged(*request);
      });
}

// --- changes of resources
// --------------------------------------------------------------------------

template <typename Message>
void Enforcer::UpdateResources(std::shared_ptr<Request> request, std::string_view bytes,
                               relay::UpstreamCaller& upstream) {
  Message message;
  if (!Parse(bytes, message)) {
    Refuse(*request, "unparsable", Unparsable(message.GetTypeName()));
    return;
  }
  policy::ContainerFacts facts = cri::FactsFrom(message);
  // Under the strictest policy that there can be: then whose it is makes no difference.
  const policy::Decision strictest = policy::EvaluateUpdate(Strictest(), {}, facts);
  if (strictest.action == policy::Action::kAllow) {
    request->done({absl::OkStatus()});
    return;
  }
  const auto decide = [this, request = std::move(request), facts = std::move(facts),
                       &upstream](absl::StatusOr<SandboxFinder::Container> container) {
    if (!container.ok()) {
      Refuse(*request, "unknown-container",
             absl::FailedPreconditionError(base::StrCat("sekisho does not know whose container ",
                                                        facts.name,
                                                        " is: ", container.status().message())));
      return;
    }
    DecideUpdate(request, *container, facts, upstream);
  };
  if constexpr (std::is_same_v<Message, cri_v1::UpdateContainerResourcesRequest>) {
    sandboxes_.FindContainer(message.container_id(), upstream, decide);
  } else {
    decide(SandboxFinder::Container{"", message.pod_sandbox_id()});
  }
}

void Enforcer::DecideUpdate(std::shared_ptr<Request> request,
                            const SandboxFinder::Container& container, policy::ContainerFacts facts,
                            relay::UpstreamCaller& upstream) {
  request->record.sandbox_id = container.sandbox_id;
  request->record.container = facts.name = container.name;
  sandboxes_.Find(
      container.sandbox_id, upstream,
      [this, request = std::move(request),
       facts = std::move(facts)](absl::StatusOr<std::shared_ptr<const SandboxRecord>> found) {
        if (!found.ok()) {
          Refuse(*request, "unknown-sandbox", found.status());
          return;
        }
        Judgement judgement;
        judgement.pod = (*found)->facts.pod;
        judgement.spec = facts.name.empty() ? request->SpecFor(judgement.pod)
                                            : request->SpecFor(judgement.pod, facts.name);
        judgement.decision = policy::EvaluateUpdate(*judgement.spec, (*found)->facts, facts);
        judgement.status = judgement.decision.action == policy::Action::kAllow
                               ? absl::OkStatus()
                               : absl::PermissionDeniedError(judgement.decision.message);
        Conclude(*request, std::move(judgement));
      });
}

// --- what the runtime answered
// ---------------------------------------------------------------------

void Enforcer::OnResponse(const relay::MethodEntry& method, std::string_view request,
                          const relay::Kept* kept, const absl::Status& status,
                          std::string_view response) {
  if (!status.ok()) {
    return;
  }
  if (method.path.ends_with("/RunPodSandbox")) {
    cri_v1::RunPodSandboxRequest asked;
    cri_v1::RunPodSandboxResponse answer;
    // When either cannot be read the sandbox stays unknown, and is asked for when it is needed.
    if (Parse(request, asked) && Parse(response, answer) && !answer.pod_sandbox_id().empty()) {
      sandboxes_.Learn(answer.pod_sandbox_id(),
                       {cri::FactsFrom(asked.config(), asked.runtime_handler(), "config")});
    }
  } else if (method.path.ends_with("/CreateContainer")) {
    LearnOfProfile(request, response);
    TellOfContainer(kept, response);
  } else if (method.path.ends_with("/StartContainer") && options_.containers != nullptr) {
    options_.containers->Started(request);
  } else if (method.path.ends_with("/RemoveContainer")) {
    cri_v1::RemoveContainerRequest asked;
    if (profiles_ != nullptr && Parse(request, asked)) {
      profiles_->Release(asked.container_id());
    }
    if (options_.containers != nullptr) {
      options_.containers->Removed(request);
    }
  } else if (method.path.ends_with("/RemovePodSandbox")) {
    cri_v1::RemovePodSandboxRequest asked;
    if (Parse(request, asked)) {
      sandboxes_.Forget(asked.pod_sandbox_id());
    }
  }
}

void Enforcer::TellOfContainer(const relay::Kept* kept, std::string_view response) {
  const auto* container = dynamic_cast<const KeptContainer*>(kept);
  if (options_.containers == nullptr || container == nullptr) {
    return;
  }
  cri_v1::CreateContainerResponse answer;
  options_.containers->Created(Parse(response, answer) ? answer.container_id() : "",
                               *container->forwarded.sandbox, *container->forwarded.container);
}

// Its copy stays as long as the container does.
void Enforcer::LearnOfProfile(std::string_view request, std::string_view response) {
  if (profiles_ == nullptr || !profiles_->MayName(request)) {
    return;
  }
  cri_v1::CreateContainerRequest asked;
  cri_v1::CreateContainerResponse answer;
  if (Parse(request, asked) && Parse(response, answer)) {
    const cri_v1::PodSandboxMetadata& pod = asked.sandbox_config().metadata();
    profiles_->Use({.id = answer.container_id(),
                    .namespace_ = pod.namespace_(),
                    .pod = pod.name(),
                    .name = asked.config().metadata().name()},
                   asked.config().linux().security_context().seccomp().localhost_ref());
  }
}

// --- the ways out
// ----------------------------------------------------------------------------------

void Enforcer::Record(Request& request, policy::Decision decision) {
  request.record.decision = std::move(decision);
  request.record.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - request.started);
  audit_.Write(std::move(request.record));
}

void Enforcer::Refuse(Request& request, std::string_view error_id, const absl::Status& status) {
  request.record.error_id = std::string(error_id);
  request.record.error = std::string(status.message());
  Record(request, policy::Decision{});
  request.done({status});
}

void Enforcer::Conclude(Request& request, Judgement judgement) {
  request.record.pod = std::move(judgement.pod);
  request.record.image = std::move(judgement.image);
  request.record.recording = std::move(judgement.recording);
  request.record.facts = std::move(judgement.facts);
  if (judgement.spec != nullptr) {
    request.SetSpec(*judgement.spec);
  }
  if (!judgement.error_id.empty()) {
    Refuse(request, judgement.error_id, judgement.status);
    return;
  }
  seccomp_ignored_ += judgement.decision.seccomp_ignored ? 1 : 0;
  Record(request, std::move(judgement.decision));
  std::shared_ptr<const relay::Kept> kept;
  if (judgement.status.ok() && judgement.forwarded.container != nullptr &&
      options_.containers != nullptr) {
    kept = std::make_shared<const KeptContainer>(std::move(judgement.forwarded));
  }
  request.done({judgement.status, std::move(judgement.edited_request), std::move(kept)});
}

void Enforcer::LetUnjudged(Request& request) {
  policy::Decision decision;
  decision.action = policy::Action::kAllow;
  Record(request, std::move(decision));
  request.done({absl::OkStatus()});
}

}  // namespace sekisho::enforce
