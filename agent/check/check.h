// Offline verdicts, by the daemon's own path.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "check/result.h"
#include "manifest/pod.h"
#include "manifest/project.h"
#include "manifest/read.h"
#include "mounts/resolver.h"
#include "policy/namespace_labels.h"
#include "policy/policy.h"
#include "yaml/diagnostic.h"

namespace sekisho::check {

// A level alone, in place of a policy file: everything that the level forbids is refused. What CRI
// cannot tell from something allowed (seccomp: unset or Unconfined) is hardened, as by the
// defaults.
policy::Policy PolicyOfLevel(const policy::LevelVersion& level, const policy::NodeFacts& node);

// The labels of these namespaces, as if the API server had just said them.
policy::NamespaceView ViewOf(const std::vector<manifest::NamespaceManifest>& namespaces);

class Checker {
 public:
  // `policy` outlives the checker. `now` decides which exemptions have expired. `namespaces` counts
  // for pods of the namespaces in it; of others nothing is known, and the policy decides alone.
  Checker(const policy::Policy& policy, manifest::Options kubelet, std::chrono::sys_seconds now,
          policy::NamespaceView namespaces = {});

  // The pod of a manifest. It is projected to the requests of a kubelet and these are judged one by
  // one; what CRI does not show is judged from the manifest.
  Result CheckPod(const manifest::PodManifest& pod) const;

  // Recorded requests in protobuf JSON: one object, a list of them, or several one after the other.
  // RunPodSandbox and CreateContainer have a result; other requests are not judged and have none.
  // A container's sandbox is the one that its request describes: there is no other witness here.
  std::vector<Result> CheckRecorded(std::string_view json, const std::string& file,
                                    std::vector<yaml::Diagnostic>& errors) const;

 private:
  const policy::Policy& policy_;
  const manifest::Options kubelet_;
  const mounts::Resolver mounts_;
  const std::chrono::sys_seconds now_;
  const policy::NamespaceView namespaces_;
};

}  // namespace sekisho::check
