// The decision from facts alone: no request, no node, no clock. The daemon decides by it, and so
// does whoever makes a recorded decision again.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/decided_facts.h"
#include "caps/cap_set.h"
#include "policy/decision.h"
#include "policy/policy.h"
#include "seccomp/demands.h"
#include "seccomp/profile_facts.h"

namespace sekisho::enforce {

// What is to be said of a profile file for a container with these capabilities; nothing when that
// cannot be found out.
using LookAtProfile = std::function<std::optional<seccomp::ProfileFacts>(
    const std::string& path, const seccomp::Demands& demands, caps::CapSet capabilities)>;

// The sandbox of a container that `of_container` applies to, judged again.
policy::Decision DecideSandboxAgain(const policy::Policy& policy, const policy::Spec& of_container,
                                    const policy::SandboxFacts& sandbox,
                                    std::chrono::sys_seconds now,
                                    const policy::NamespaceView& namespaces);

struct ContainerDecision {
  policy::Decision decision;                           // with the sandbox's edits
  std::optional<policy::SandboxFacts> edited_sandbox;  // absent: it is as it was
};

// `facts.container` must be there, and gets what `look` says of profile files added to it, with
// `facts.profile_question`. `of_sandbox` must not be a refusal. Without `look` no file is looked
// at. With `recorded`, `spec` is one of SpecForRecording.
ContainerDecision DecideContainer(const policy::Spec& spec, audit::DecidedFacts& facts,
                                  policy::Decision of_sandbox, const LookAtProfile& look,
                                  bool recorded);

// The same policy for a container that is recorded: the profile that logs everything stands in the
// place of every other, and nothing is demanded of it. All else holds.
policy::Spec SpecForRecording(policy::Spec spec, const std::string& profile_path);
// That profile, as a fact of such a container; and the one among a container's profiles, or null.
seccomp::ProfileFacts LoggingProfile(const std::string& path);
const seccomp::ProfileFacts* LoggingProfileIn(const std::vector<seccomp::ProfileFacts>& profiles);

// What a profile file was asked about, as short text: the same for the same question.
std::string QuestionDigest(const seccomp::Demands& demands, caps::CapSet capabilities);

}  // namespace sekisho::enforce
