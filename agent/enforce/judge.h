// From one request's message to what becomes of it: facts, decision, edits, and the proof that the
// edited request is legal. No socket, no registry: the daemon and the offline check walk the same
// path.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "audit/decided_facts.h"
#include "enforce/profiles.h"
#include "enforce/sandbox_registry.h"
#include "mounts/resolver.h"
#include "policy/decision.h"
#include "policy/policy.h"

namespace runtime::v1 {
class CreateContainerRequest;
class RunPodSandboxRequest;
}  // namespace runtime::v1

namespace sekisho::enforce {

// What the runtime is given, as facts. Both or none are set.
struct Forwarded {
  std::shared_ptr<const policy::SandboxFacts> sandbox;
  std::shared_ptr<const policy::ContainerFacts> container;
};

struct Judgement {
  policy::PodIdentity pod;
  std::string container;  // empty for a sandbox
  std::string recording;  // the id of the recording that it belongs to, if it does
  std::string image;      // what the manifest asked for, or what the runtime is given
  policy::SpecPtr spec;   // what applied; null when it did not come so far
  policy::Decision decision;
  // OK: forward. Otherwise the caller's answer; with `error_id` when it was not the policy that
  // refused.
  absl::Status status = absl::PermissionDeniedError("no decision was made");
  std::string_view error_id;
  std::optional<std::string> edited_request;  // to be forwarded in place of what came
  // What it was judged from, as far as it came; null unless they are kept.
  std::shared_ptr<const audit::DecidedFacts> facts;
  // Of a container that may be created: read from the very bytes that are forwarded.
  Forwarded forwarded;
};

class Judge {
 public:
  // All outlive the judge. `now` decides which exemptions have expired. Without `profiles` no
  // seccomp profile is looked at: there is no node. `keep_facts`: judgements say what they were
  // made from, and everything is looked up, also where this policy needs none of it.
  Judge(const policy::Policy& policy, const mounts::Resolver& mounts, std::chrono::sys_seconds now,
        const Profiles* profiles = nullptr, policy::NamespaceView namespaces = {},
        bool keep_facts = false)
      : policy_(policy),
        mounts_(mounts),
        now_(now),
        profiles_(profiles),
        namespaces_(std::move(namespaces)),
        keep_facts_(keep_facts) {}

  Judgement Sandbox(runtime::v1::RunPodSandboxRequest& message) const;
  // `sandbox` is what is known of the sandbox that the request names, not the request's own copy.
  Judgement Container(const SandboxRecord& sandbox,
                      runtime::v1::CreateContainerRequest& message) const;

 private:
  void Keep(const std::shared_ptr<audit::DecidedFacts>& facts, Judgement& judgement) const;

  const policy::Policy& policy_;
  const mounts::Resolver& mounts_;
  const std::chrono::sys_seconds now_;
  const Profiles* const profiles_;
  const policy::NamespaceView namespaces_;
  const bool keep_facts_;
};

// The facts of a container with what the node says of its mounts, devices and image.
policy::ContainerFacts LookedUp(const mounts::Resolver& mounts, const policy::PodIdentity& pod,
                                policy::ContainerFacts facts);

}  // namespace sekisho::enforce
