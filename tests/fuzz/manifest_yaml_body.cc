// Manifests, and what `check` makes of the pods in them.
#include <chrono>
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "check/check.h"
#include "check/result.h"
#include "fuzz/diagnostics.h"
#include "fuzz/target.h"
#include "manifest/project.h"
#include "manifest/read.h"
#include "policy/policy.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::sys_seconds kCheckedAt{std::chrono::seconds(1'780'000'000)};

template <typename Message>
bool IsReadAgain(const Message& message) {
  return Message().ParseFromString(message.SerializeAsString());
}

// A request for each container, and all of them such as a runtime can read.
std::string BrokenProjection(const manifest::PodManifest& pod, const manifest::Options& options) {
  const manifest::Requests requests = Project(pod, options);
  VolumesOnNode(pod, options);
  if (requests.containers.size() != pod.spec.containers.size() ||
      requests.remarks.size() != pod.spec.containers.size()) {
    return "a container has no request";
  }
  if (!IsReadAgain(requests.sandbox)) {
    return "the sandbox's request cannot be read";
  }
  for (const runtime::v1::CreateContainerRequest& request : requests.containers) {
    if (!IsReadAgain(request)) {
      return "a container's request cannot be read";
    }
  }
  return {};
}

FuzzResult CheckManifestYaml(std::string_view bytes) {
  const manifest::Manifests manifests = manifest::ReadManifests(bytes, "input.yaml");
  if (!manifests.ok()) {
    return {.broken = BrokenDiagnostics(bytes, manifests.errors)};
  }
  static const policy::Policy policy =
      check::PolicyOfLevel({policy::Level::kRestricted, {}}, policy::NodeFacts());
  FuzzResult result{.accepted = true};
  for (const manifest::PodManifest& pod : manifests.pods) {
    for (manifest::Options options :
         {manifest::Options(),
          manifest::Options{
              .seccomp_default = true, .image_user = "1000", .static_node_name = "worker-1"}}) {
      result.broken = BrokenProjection(pod, options);
      if (!result.broken.empty()) {
        return result;
      }
      check::Checker(policy, options, kCheckedAt, check::ViewOf(manifests.namespaces))
          .CheckPod(pod);
    }
  }
  return result;
}

const RegisterFuzzTarget kManifestYaml("manifest_yaml", CheckManifestYaml);

}  // namespace
}  // namespace sekisho::testing
