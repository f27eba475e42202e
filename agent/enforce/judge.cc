#include "enforce/judge.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cap_set.h"
#include "cri/edits.h"
#include "cri/facts.h"
#include "cri/identity.h"
#include "enforce/decide.h"
#include "enforce/parse.h"
#include "policy/evaluate.h"
#include "policy/localhost_profile.h"
#include "policy/repair.h"
#include "runtime/v1/api.pb.h"
#include "seccomp/demands.h"

namespace sekisho::enforce {
namespace {

namespace cri_v1 = runtime::v1;

Judgement Refused(Judgement judgement, std::string_view error_id, absl::Status status) {
  judgement.decision = policy::Decision{};
  judgement.error_id = error_id;
  judgement.status = std::move(status);
  return judgement;
}

Judgement RefusedByPolicy(Judgement judgement) {
  judgement.decision.action = policy::Action::kDeny;
  judgement.status = absl::PermissionDeniedError(judgement.decision.message);
  return judgement;
}

// Whether nothing at all would be found: then nothing needs to be looked up on the node either.
bool LooksAtNothing(const policy::Spec& spec) {
  return spec.enforce.level == policy::Level::kPrivileged &&
         spec.audit.level == policy::Level::kPrivileged &&
         spec.warn.level == policy::Level::kPrivileged && spec.controls == policy::Controls{};
}

// The working directory of a runtime that systemd started is the root, so that "a/b.tar" means
// "/a/b.tar". What else it could be is not known here; an absolute path is refused by its look.
bool IsFileOfNode(const std::string& image) {
  return !image.empty() && ::access(base::StrCat("/", image).c_str(), F_OK) == 0;
}

// What was found out about each mount, from the request that came to the request that goes. False
// when they are not the same mounts.
bool CarryOrigins(const policy::ContainerFacts& from, policy::ContainerFacts& to) {
  if (from.mounts.size() != to.mounts.size() || from.devices.size() != to.devices.size()) {
    return false;
  }
  for (size_t i = 0; i < from.mounts.size(); ++i) {
    if (from.mounts[i].host_path != to.mounts[i].host_path ||
        from.mounts[i].container_path != to.mounts[i].container_path) {
      return false;
    }
    policy::CopyOrigin(from.mounts[i], to.mounts[i]);
  }
  for (size_t i = 0; i < from.devices.size(); ++i) {
    if (from.devices[i].host_path != to.devices[i].host_path) {
      return false;
    }
    policy::CopyOrigin(from.devices[i], to.devices[i]);
  }
  to.image_is_file = from.image_is_file;
  to.profiles = from.profiles;
  return true;
}

// The sandbox as the runtime reads it with this request, which is the request's copy of it. Who the
// pod is comes from the record, and so does the flag that says whether any of its containers is
// privileged: a kubelet sets that for all containers as soon as one is.
policy::SandboxFacts AsRecorded(const SandboxRecord& sandbox, policy::SandboxFacts claimed) {
  claimed.pod = sandbox.facts.pod;
  claimed.privileged = sandbox.facts.privileged;
  return claimed;
}

// Whether all that differs is what hardening changed: what was recorded is what was run, and the
// copy still is as the pod was written.
bool IsHardeningAlone(const SandboxRecord& sandbox, const policy::SandboxFacts& judged,
                      const policy::SandboxEdits& edits,
                      const std::vector<std::string>& mismatches) {
  const bool same_pod = std::ranges::none_of(mismatches, [](const std::string& field) {
    return field.starts_with("sandbox_config.metadata.");
  });
  return same_pod && !edits.empty() &&
         cri::Mismatches(sandbox.facts, sandbox.complete, policy::WithEdits(judged, edits)).empty();
}

// Not the intent but the result must be legal: what was edited is serialised, read again, and
// judged as it was read.
template <typename Message, typename WhyNotLegal>
Judgement Edited(Judgement judgement, const Message& message, WhyNotLegal why_not_legal) {
  std::string bytes = message.SerializeAsString();
  UsualArena arena;
  auto& reread = arena.Make<Message>();
  if (!Parse(bytes, reread)) {
    return Refused(std::move(judgement), "edit-unparsable",
                   absl::InternalError("the hardened request cannot be read"));
  }
  if (const std::optional<std::string> why = why_not_legal(reread)) {
    return Refused(
        std::move(judgement), "edit-not-legal",
        absl::InternalError(base::StrCat("the hardened request is still not legal: ", *why)));
  }
  judgement.edited_request = std::move(bytes);
  judgement.status = absl::OkStatus();
  return judgement;
}

LookAtProfile LookWith(const Profiles* profiles) {
  if (profiles == nullptr) {
    return {};
  }
  return [profiles](const std::string& path, const seccomp::Demands& demands,
                    caps::CapSet capabilities) {
    return std::optional(profiles->Look(path, demands, capabilities));
  };
}

// `facts` get what the node says of profiles added to them.
Judgement ConcludeContainer(Judgement judgement, const std::shared_ptr<audit::DecidedFacts>& facts,
                            policy::Decision of_sandbox, const Profiles* profiles,
                            cri_v1::CreateContainerRequest& message) {
  const policy::Spec& spec = *judgement.spec;
  audit::DecidedFacts& judged = *facts;
  ContainerDecision decided = DecideContainer(spec, judged, std::move(of_sandbox),
                                              LookWith(profiles), !judgement.recording.empty());
  judgement.decision = std::move(decided.decision);
  const policy::Decision& decision = judgement.decision;
  if (decision.action == policy::Action::kDeny) {
    return RefusedByPolicy(std::move(judgement));
  }
  const policy::ContainerFacts& container = *judged.container;
  judgement.forwarded = {{facts, &judged.sandbox}, {facts, &container}};
  if (decision.action == policy::Action::kAllow) {
    judgement.status = absl::OkStatus();
    return judgement;
  }
  // The sandbox that the runtime gets, edits included.
  if (decided.edited_sandbox.has_value()) {
    judgement.forwarded.sandbox =
        std::make_shared<const policy::SandboxFacts>(*std::move(decided.edited_sandbox));
  }
  const auto again = std::make_shared<policy::ContainerFacts>();
  judgement.forwarded.container = again;
  // Taken before the judgement is moved: which argument of a call is made first is not said.
  const std::shared_ptr<const policy::SandboxFacts> sandbox = judgement.forwarded.sandbox;
  cri::Apply(decision.edits, *message.mutable_config());
  cri::Apply(decision.sandbox_edits, *message.mutable_sandbox_config());
  return Edited(std::move(judgement), message,
                [&](const cri_v1::CreateContainerRequest& reread) -> std::optional<std::string> {
                  *again = cri::FactsFrom(reread.config());
                  if (!CarryOrigins(container, *again)) {
                    return "its mounts are not those that were judged";
                  }
                  if (profiles != nullptr && policy::NeedsProfileLook(spec, *again)) {
                    return "it names a seccomp profile that was not judged";
                  }
                  return policy::WhyNotLegal(spec, *sandbox, *again);
                });
}

}  // namespace

policy::ContainerFacts LookedUp(const mounts::Resolver& mounts, const policy::PodIdentity& pod,
                                policy::ContainerFacts facts) {
  const mounts::Asker asker{.pod_uid = pod.uid,
                            .container = facts.name,
                            .termination_message_path = facts.termination_message_path};
  mounts.Resolve(asker, facts.mounts);
  mounts.Resolve(asker, facts.devices);
  facts.image_is_file = mounts.options().look_at_node && IsFileOfNode(facts.image);
  return facts;
}

Judgement Judge::Sandbox(cri_v1::RunPodSandboxRequest& message) const {
  Judgement judgement;
  const auto judged = std::make_shared<audit::DecidedFacts>();
  judged->sandbox = cri::FactsFrom(message.config(), message.runtime_handler(), "config");
  const policy::SandboxFacts& facts = judged->sandbox;
  judgement.pod = facts.pod;
  if (facts.pod.name.empty() || facts.pod.namespace_.empty() || facts.pod.uid.empty()) {
    return Refused(
        std::move(judgement), "incomplete-identity",
        absl::InvalidArgumentError("config.metadata must name the pod, its namespace and its uid"));
  }
  Keep(judged, judgement);
  judgement.spec = policy_.ForSandbox(facts.pod, now_, namespaces_);
  judgement.decision = policy::EvaluateSandbox(*judgement.spec, facts);
  if (judgement.decision.action == policy::Action::kDeny) {
    return RefusedByPolicy(std::move(judgement));
  }
  if (judgement.decision.action == policy::Action::kHarden) {
    cri::Apply(judgement.decision.sandbox_edits, *message.mutable_config());
    const policy::SpecPtr spec = judgement.spec;
    return Edited(std::move(judgement), message,
                  [&spec](const cri_v1::RunPodSandboxRequest& reread) {
                    return policy::WhyNotLegal(
                        *spec, cri::FactsFrom(reread.config(), reread.runtime_handler(), "config"));
                  });
  }
  judgement.status = absl::OkStatus();
  return judgement;
}

Judgement Judge::Container(const SandboxRecord& sandbox,
                           cri_v1::CreateContainerRequest& message) const {
  Judgement judgement;
  judgement.pod = sandbox.facts.pod;
  judgement.container = message.config().metadata().name();
  const policy::SpecPtr spec =
      policy_.ForContainer(sandbox.facts.pod, judgement.container, now_, namespaces_);

  policy::SandboxFacts claimed =
      cri::FactsFrom(message.sandbox_config(), sandbox.facts.pod.runtime_handler, "sandbox_config");
  std::vector<std::string> mismatches = cri::Mismatches(sandbox.facts, sandbox.complete, claimed);
  // The sandbox again, with today's policy: it may have been run under another one, or past us.
  const auto kept = std::make_shared<audit::DecidedFacts>();
  kept->complete = sandbox.complete;
  kept->sandbox = AsRecorded(sandbox, std::move(claimed));
  const policy::SandboxFacts& judged = kept->sandbox;
  policy::Decision of_sandbox = DecideSandboxAgain(policy_, *spec, judged, now_, namespaces_);
  if (!mismatches.empty() &&
      IsHardeningAlone(sandbox, judged, of_sandbox.sandbox_edits, mismatches)) {
    mismatches.clear();
  }
  std::ranges::move(cri::Mismatches(sandbox.facts, message.config()),
                    std::back_inserter(mismatches));
  if (!mismatches.empty()) {
    return Refused(std::move(judgement), "identity-mismatch",
                   absl::PermissionDeniedError(base::StrCat(
                       "the request does not describe the sandbox that it names; it differs in ",
                       base::StrJoin(mismatches, ", "))));
  }

  judgement.spec = spec;
  policy::ContainerFacts facts = cri::FactsFrom(message.config());
  judgement.image = facts.user_specified_image.empty() ? facts.image : facts.user_specified_image;
  // What is kept is for policies that may look at more than this one.
  if (keep_facts_ || !LooksAtNothing(*spec)) {
    facts = LookedUp(mounts_, judged.pod, std::move(facts));
  }
  kept->container = std::move(facts);
  Keep(kept, judgement);
  if (of_sandbox.action == policy::Action::kDeny) {
    judgement.decision = std::move(of_sandbox);
    return RefusedByPolicy(std::move(judgement));
  }
  // A privileged container has no filter that could log anything.
  if (profiles_ != nullptr && !kept->container->privileged) {
    if (const std::optional<Profiles::Logged> logged =
            profiles_->LoggedBy(judged.pod, judgement.container)) {
      judgement.recording = logged->recording;
      judgement.spec =
          std::make_shared<const policy::Spec>(SpecForRecording(*spec, logged->profile_path));
      kept->container->profiles.push_back(LoggingProfile(logged->profile_path));
    }
  }
  return ConcludeContainer(std::move(judgement), kept, std::move(of_sandbox), profiles_, message);
}

void Judge::Keep(const std::shared_ptr<audit::DecidedFacts>& facts, Judgement& judgement) const {
  if (!keep_facts_) {
    return;
  }
  if (namespaces_.table != nullptr) {
    if (const policy::PodSecurityLabels* labels =
            namespaces_.table->Find(facts->sandbox.pod.namespace_)) {
      facts->labels = *labels;
    }
  }
  judgement.facts = facts;
}

}  // namespace sekisho::enforce
