#include "enforce/enforcer.h"

#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "cri/edits.h"
#include "cri/facts.h"
#include "cri/identity.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::enforce {
namespace {

namespace cri_v1 = runtime::v1;

constexpr std::string_view kPrefix = "/runtime.v1.RuntimeService/";
constexpr std::string_view kPodSandboxStatus = "/runtime.v1.RuntimeService/PodSandboxStatus";

std::chrono::sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

template <typename Message>
bool Parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::Status Unparsable(std::string_view message_name) {
  return absl::InvalidArgumentError(
      base::StrCat("sekisho cannot read this ", message_name,
                   ": not a valid protobuf message, or a text field that is not UTF-8"));
}

// What is let through where the policy is privileged, because no request could show more.
policy::Decision Unjudged() {
  policy::Decision decision;
  decision.action = policy::Action::kAllow;
  return decision;
}

// Whether nothing would be checked for this pod.
bool IsPrivileged(const policy::Policy& policy, const policy::PodIdentity& pod) {
  return policy.ForSandbox(pod, Now()).enforce.level == policy::Level::kPrivileged;
}

}  // namespace

struct Enforcer::Request {
  Request(std::string_view method_name, std::shared_ptr<const config::Snapshot> policy_in_force,
          Done when_decided)
      : snapshot(std::move(policy_in_force)), done(std::move(when_decided)) {
    record.time = std::chrono::system_clock::now();
    record.method = std::string(method_name);
    record.policy_hash = snapshot->hash;
  }

  const std::shared_ptr<const config::Snapshot> snapshot;  // one policy for the whole request
  const Done done;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  audit::Record record;

  void SetSpec(const policy::Spec& spec) {
    record.enforced = spec.enforce.ToString();
    record.rule = spec.origin;
    record.exemption = spec.exemption_reason.value_or("");
  }
};

void Enforcer::OnRequest(const relay::MethodEntry& method, std::string_view request,
                         relay::UpstreamCaller& upstream, Done done) {
  const std::string_view name =
      method.path.starts_with(kPrefix) ? method.path.substr(kPrefix.size()) : method.path;
  auto walk = std::make_shared<Request>(name, snapshots_.Get(), std::move(done));
  if (name == "RunPodSandbox") {
    RunPodSandbox(*walk, request);
  } else if (name == "CreateContainer") {
    CreateContainer(std::move(walk), request, upstream);
  } else if (name == "RestorePod") {
    RestorePod(*walk, request);
  } else if (name == "CheckpointPod") {
    CheckpointPod(std::move(walk), request, upstream);
  } else {
    Refuse(*walk, "unjudged-method",
           absl::UnimplementedError(base::StrCat("sekisho has no judgement for ", method.path)));
  }
}

// --- RunPodSandbox
// ---------------------------------------------------------------------------------

void Enforcer::RunPodSandbox(Request& request, std::string_view bytes) {
  cri_v1::RunPodSandboxRequest message;
  if (!Parse(bytes, message)) {
    Refuse(request, "unparsable", Unparsable("RunPodSandboxRequest"));
    return;
  }
  const policy::SandboxFacts facts =
      cri::FactsFrom(message.config(), message.runtime_handler(), "config");
  request.record.pod = facts.pod;
  if (facts.pod.name.empty() || facts.pod.namespace_.empty() || facts.pod.uid.empty()) {
    Refuse(
        request, "incomplete-identity",
        absl::InvalidArgumentError("config.metadata must name the pod, its namespace and its uid"));
    return;
  }
  const policy::Spec spec = request.snapshot->policy->ForSandbox(facts.pod, Now());
  request.SetSpec(spec);
  policy::Decision decision = policy::EvaluateSandbox(spec, facts);
  if (decision.action == policy::Action::kAllow) {
    Let(request, std::move(decision), std::nullopt);
    return;
  }
  if (decision.action == policy::Action::kHarden) {
    // Nothing of a sandbox is ever edited; a policy that says otherwise is a mistake of ours.
    Refuse(request, "unexpected-edit", absl::InternalError("a sandbox cannot be hardened"));
    return;
  }
  RefuseByPolicy(request, std::move(decision));
}

// --- CreateContainer
// -------------------------------------------------------------------------------

void Enforcer::CreateContainer(std::shared_ptr<Request> request, std::string_view bytes,
                               relay::UpstreamCaller& upstream) {
  auto message = std::make_shared<cri_v1::CreateContainerRequest>();
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
  FindSandbox(message->pod_sandbox_id(), upstream,
              [this, request = std::move(request),
               message](absl::StatusOr<std::shared_ptr<const SandboxRecord>> found) {
                if (!found.ok()) {
                  Refuse(*request, "unknown-sandbox", found.status());
                  return;
                }
                DecideContainer(*request, **found, *message);
              });
}

void Enforcer::DecideContainer(Request& request, const SandboxRecord& sandbox,
                               cri_v1::CreateContainerRequest& message) {
  request.record.pod = sandbox.facts.pod;
  const policy::SandboxFacts claimed =
      cri::FactsFrom(message.sandbox_config(), sandbox.facts.pod.runtime_handler, "sandbox_config");
  std::vector<std::string> mismatches = cri::Mismatches(sandbox.facts, sandbox.complete, claimed);
  for (std::string& mismatch : cri::Mismatches(sandbox.facts, message.config())) {
    mismatches.push_back(std::move(mismatch));
  }
  if (!mismatches.empty()) {
    Refuse(request, "identity-mismatch",
           absl::PermissionDeniedError(base::StrCat(
               "the request does not describe the sandbox that it names; it differs in ",
               base::StrJoin(mismatches, ", "))));
    return;
  }

  const policy::ContainerFacts facts = cri::FactsFrom(message.config());
  request.record.image =
      facts.user_specified_image.empty() ? facts.image : facts.user_specified_image;

  // The sandbox again, with today's policy: it may have been run under another one, or past us.
  const policy::Policy& policy = *request.snapshot->policy;
  const std::chrono::sys_seconds now = Now();
  policy::SandboxFacts judged = sandbox.facts;
  judged.unknown = claimed.unknown;  // what the runtime will read with this very request
  const policy::Spec sandbox_spec = policy.ForSandbox(judged.pod, now);
  const policy::Spec spec = policy.ForContainer(judged.pod, facts.name, now);
  request.SetSpec(spec);
  if (spec.enforce.level != policy::Level::kPrivileged) {
    policy::Decision of_sandbox = policy::EvaluateSandbox(sandbox_spec, judged);
    if (of_sandbox.action != policy::Action::kAllow) {
      RefuseByPolicy(request, std::move(of_sandbox));
      return;
    }
  }

  policy::Decision decision = policy::EvaluateContainer(spec, sandbox.facts, facts);
  if (decision.action == policy::Action::kDeny) {
    RefuseByPolicy(request, std::move(decision));
    return;
  }
  if (decision.action == policy::Action::kAllow) {
    Let(request, std::move(decision), std::nullopt);
    return;
  }

  // Not the intent but the result must be legal: edit, serialise, and judge what was serialised.
  cri::Apply(decision.edits, *message.mutable_config());
  std::string edited = message.SerializeAsString();
  cri_v1::CreateContainerRequest reread;
  if (!Parse(edited, reread)) {
    Refuse(request, "edit-unparsable", absl::InternalError("the hardened request cannot be read"));
    return;
  }
  policy::Spec enforced_only = spec;
  enforced_only.audit = enforced_only.warn = {};  // privileged: nothing is looked at for the log
  const policy::Decision again =
      policy::EvaluateContainer(enforced_only, sandbox.facts, cri::FactsFrom(reread.config()));
  if (again.action != policy::Action::kAllow || !again.violations.empty()) {
    Refuse(request, "edit-not-legal",
           absl::InternalError(base::StrCat("the hardened request is still not legal: ",
                                            again.message.empty() ? "more edits" : again.message)));
    return;
  }
  Let(request, std::move(decision), std::move(edited));
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
  const policy::Policy& policy = *request.snapshot->policy;
  bool privileged = IsPrivileged(policy, facts.pod);
  for (const cri_v1::ContainerConfig& config : message.container_configs()) {
    privileged = privileged &&
                 policy.ForContainer(facts.pod, config.metadata().name(), Now()).enforce.level ==
                     policy::Level::kPrivileged;
  }
  if (!privileged) {
    Refuse(
        request, "restore-refused",
        absl::PermissionDeniedError(
            "RestorePod is allowed only where the node's policy is privileged: the processes' "
            "users, capabilities and seccomp filters come from the checkpoint, not the request"));
    return;
  }
  Let(request, Unjudged(), std::nullopt);
}

void Enforcer::CheckpointPod(std::shared_ptr<Request> request, std::string_view bytes,
                             relay::UpstreamCaller& upstream) {
  cri_v1::CheckpointPodRequest message;
  if (!Parse(bytes, message)) {
    Refuse(*request, "unparsable", Unparsable("CheckpointPodRequest"));
    return;
  }
  request->record.sandbox_id = message.pod_sandbox_id();
  FindSandbox(message.pod_sandbox_id(), upstream,
              [this, request = std::move(request)](
                  absl::StatusOr<std::shared_ptr<const SandboxRecord>> found) {
                if (!found.ok()) {
                  Refuse(*request, "unknown-sandbox", found.status());
                  return;
                }
                request->record.pod = (*found)->facts.pod;
                if (!IsPrivileged(*request->snapshot->policy, (*found)->facts.pod)) {
                  Refuse(*request, "checkpoint-refused",
                         absl::PermissionDeniedError(
                             "CheckpointPod is allowed only where the node's policy is privileged: "
                             "it writes the pod's memory to a path of the caller's choice"));
                  return;
                }
                Let(*request, Unjudged(), std::nullopt);
              });
}

// --- whose sandbox
// ---------------------------------------------------------------------------------

void Enforcer::FindSandbox(const std::string& sandbox_id, relay::UpstreamCaller& upstream,
                           Found found) {
  if (std::shared_ptr<const SandboxRecord> record = sandboxes_.Find(sandbox_id)) {
    found(std::move(record));
    return;
  }
  // This process did not see it run: it is older than the process, or was run past us. The runtime
  // is the only other witness.
  cri_v1::PodSandboxStatusRequest question;
  question.set_pod_sandbox_id(sandbox_id);
  question.set_verbose(true);
  upstream.CallUnary(
      kPodSandboxStatus, question.SerializeAsString(), kLookupTimeout,
      [this, sandbox_id, found = std::move(found)](absl::StatusOr<std::string> answer) {
        if (!answer.ok()) {
          // Never the runtime's own code: the kubelet reads UNAVAILABLE and DEADLINE_EXCEEDED as
          // "the runtime is down". A sandbox that is not there is NOT_FOUND for both.
          const bool not_there = absl::IsNotFound(answer.status());
          const std::string text =
              base::StrCat("sekisho does not know whose sandbox ", sandbox_id,
                           " is, and the runtime says: ", answer.status().message());
          found(not_there ? absl::NotFoundError(text) : absl::FailedPreconditionError(text));
          return;
        }
        cri_v1::PodSandboxStatusResponse response;
        if (!Parse(*answer, response)) {
          found(absl::FailedPreconditionError(
              base::StrCat("the runtime's status of sandbox ", sandbox_id, " cannot be read")));
          return;
        }
        absl::StatusOr<cri::RebuiltSandbox> rebuilt = cri::FactsFrom(response);
        if (!rebuilt.ok() || response.status().id() != sandbox_id) {
          found(absl::FailedPreconditionError(
              base::StrCat("the runtime's status of sandbox ", sandbox_id,
                           " does not say whose it is: ", rebuilt.status().message())));
          return;
        }
        sandboxes_.Put(sandbox_id, {std::move(rebuilt->facts), rebuilt->complete});
        found(sandboxes_.Find(sandbox_id));
      });
}

void Enforcer::OnResponse(const relay::MethodEntry& method, std::string_view request,
                          const absl::Status& status, std::string_view response) {
  if (!status.ok()) {
    return;
  }
  if (method.path.ends_with("/RunPodSandbox")) {
    cri_v1::RunPodSandboxRequest asked;
    cri_v1::RunPodSandboxResponse answer;
    // When either cannot be read the sandbox stays unknown, and is asked for when it is needed.
    if (Parse(request, asked) && Parse(response, answer) && !answer.pod_sandbox_id().empty()) {
      sandboxes_.Put(answer.pod_sandbox_id(),
                     {cri::FactsFrom(asked.config(), asked.runtime_handler(), "config")});
    }
  } else if (method.path.ends_with("/RemovePodSandbox")) {
    cri_v1::RemovePodSandboxRequest asked;
    if (Parse(request, asked)) {
      sandboxes_.Remove(asked.pod_sandbox_id());
    }
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
  request.done({status, std::nullopt});
}

void Enforcer::RefuseByPolicy(Request& request, policy::Decision decision) {
  const absl::Status status = absl::PermissionDeniedError(decision.message);
  decision.action = policy::Action::kDeny;
  Record(request, std::move(decision));
  request.done({status, std::nullopt});
}

void Enforcer::Let(Request& request, policy::Decision decision,
                   std::optional<std::string> edited_bytes) {
  Record(request, std::move(decision));
  request.done({absl::OkStatus(), std::move(edited_bytes)});
}

}  // namespace sekisho::enforce
