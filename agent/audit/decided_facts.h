// What a decision was made from, kept on purpose so that it can be made again with another policy.
//
// These are the policy's own plain facts, after everything was looked up on the node. They have no
// place for an environment value, a command line or a mounted file's contents, and what else could
// hold a secret is left out: see AppendRedacted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/facts.h"
#include "policy/namespace_labels.h"

namespace sekisho::audit {

struct DecidedFacts {
  policy::SandboxFacts sandbox;
  std::optional<policy::ContainerFacts> container;  // absent for RunPodSandbox
  // The labels of the pod's namespace as they were then; absent: not known, or nobody asks an API
  // server.
  std::optional<policy::PodSecurityLabels> labels;
  bool complete = true;  // SandboxRecord::complete
  // Which question `container->profiles` answer: a digest of what was demanded of the files, and of
  // the capabilities that it was asked for (enforce::QuestionDigest). Empty: not known.
  std::string profile_question = {};

  friend bool operator==(const DecidedFacts&, const DecidedFacts&) = default;
};

// One JSON object without line feeds; members that have their default are left out. Stable over
// releases: what is added later is optional.
std::string ToJson(const DecidedFacts& facts);
// The same, appended to `json`, with empty texts in place of what no check reads the value of:
// values of annotations that are not the kubelet's config.source or a deprecated AppArmor or
// seccomp annotation, and all labels' values. Keys stay.
void AppendRedacted(const DecidedFacts& facts, std::string& json);
// What a later release added is passed over. The identity in `sandbox.pod` is not part of it: the
// audit line has it.
absl::StatusOr<DecidedFacts> ParseDecidedFacts(std::string_view json);

}  // namespace sekisho::audit
