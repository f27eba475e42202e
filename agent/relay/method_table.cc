#include "relay/method_table.h"

#include <algorithm>
#include <array>

namespace sekisho::relay {
namespace {

using enum MethodClass;
using enum MethodKind;

constexpr std::string_view kReadOnly = "reads state; gating it would blind the kubelet";
constexpr std::string_view kTearDown = "tears down; never gated, so that a node can be cleaned up";

// `observe` marks the methods whose answers the agent learns from: which sandbox is whose, which
// container was created with which seccomp profile, and which one runs from now on, so that what
// the kernel says of it can be compared with what was decided.
constexpr auto kMethods = std::to_array<MethodEntry>({
    {"/runtime.v1.ImageService/ImageFsInfo", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.ImageService/ImageStatus", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.ImageService/ListImages", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.ImageService/PullImage", kForwarded, kUnary, false,
     "fetches an image; runs nothing. Carries registry credentials, so it is never parsed or "
     "logged"},
    {"/runtime.v1.ImageService/RemoveImage", kForwarded, kUnary, false, kTearDown},
    {"/runtime.v1.ImageService/StreamImages", kForwarded, kServerStreaming, false, kReadOnly},
    {"/runtime.v1.RuntimeService/Attach", kForwarded, kUnary, false,
     "returns a streaming URL of a container that was judged when it was created"},
    {"/runtime.v1.RuntimeService/CheckpointContainer", kForwarded, kUnary, false,
     "creates no container; the kubelet asks for it only through its own authorised API"},
    {"/runtime.v1.RuntimeService/CheckpointPod", kRefused, kUnary, false,
     "writes the memory of a whole pod to a path that the caller chooses"},
    {"/runtime.v1.RuntimeService/ContainerStats", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ContainerStatus", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/CreateContainer", kChecked, kUnary, true,
     "carries the security context of a container"},
    {"/runtime.v1.RuntimeService/Exec", kForwarded, kUnary, false,
     "runs inside a container that was judged; Pod Security does not look at exec"},
    {"/runtime.v1.RuntimeService/ExecSync", kForwarded, kUnary, false,
     "runs inside a container that was judged; liveness probes depend on it"},
    {"/runtime.v1.RuntimeService/GetContainerEvents", kForwarded, kServerStreaming, false,
     kReadOnly},
    {"/runtime.v1.RuntimeService/ListContainerStats", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ListContainers", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ListMetricDescriptors", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ListPodSandbox", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ListPodSandboxMetrics", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/ListPodSandboxStats", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/PodSandboxStats", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/PodSandboxStatus", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/PortForward", kForwarded, kUnary, false,
     "returns a streaming URL of a sandbox that was judged when it was created"},
    {"/runtime.v1.RuntimeService/RemoveContainer", kForwarded, kUnary, true, kTearDown},
    {"/runtime.v1.RuntimeService/RemovePodSandbox", kForwarded, kUnary, true, kTearDown},
    {"/runtime.v1.RuntimeService/ReopenContainerLog", kForwarded, kUnary, false,
     "reopens a log file that the runtime already writes"},
    {"/runtime.v1.RuntimeService/RestorePod", kRefused, kUnary, false,
     "creates containers without CreateContainer; the checkpoint decides the processes' "
     "credentials"},
    {"/runtime.v1.RuntimeService/RunPodSandbox", kChecked, kUnary, true,
     "carries the security context of a pod, and names it"},
    {"/runtime.v1.RuntimeService/RuntimeConfig", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/StartContainer", kForwarded, kUnary, true,
     "starts a container that was judged when it was created"},
    {"/runtime.v1.RuntimeService/Status", kForwarded, kUnary, false, kReadOnly},
    {"/runtime.v1.RuntimeService/StopContainer", kForwarded, kUnary, false, kTearDown},
    {"/runtime.v1.RuntimeService/StopPodSandbox", kForwarded, kUnary, false, kTearDown},
    {"/runtime.v1.RuntimeService/StreamContainerStats", kForwarded, kServerStreaming, false,
     kReadOnly},
    {"/runtime.v1.RuntimeService/StreamContainers", kForwarded, kServerStreaming, false, kReadOnly},
    {"/runtime.v1.RuntimeService/StreamPodSandboxMetrics", kForwarded, kServerStreaming, false,
     kReadOnly},
    {"/runtime.v1.RuntimeService/StreamPodSandboxStats", kForwarded, kServerStreaming, false,
     kReadOnly},
    {"/runtime.v1.RuntimeService/StreamPodSandboxes", kForwarded, kServerStreaming, false,
     kReadOnly},
    {"/runtime.v1.RuntimeService/UpdateContainerResources", kChecked, kUnary, false,
     "changes cgroup limits; `unified` takes any cgroup key, annotations may steer the runtime"},
    {"/runtime.v1.RuntimeService/UpdatePodSandboxResources", kChecked, kUnary, false,
     "changes cgroup limits; `unified` takes any cgroup key"},
    {"/runtime.v1.RuntimeService/UpdateRuntimeConfig", kForwarded, kUnary, false,
     "tells the runtime the node's pod CIDR"},
    {"/runtime.v1.RuntimeService/Version", kForwarded, kUnary, false, kReadOnly},
});

static_assert(std::ranges::is_sorted(kMethods, {}, &MethodEntry::path),
              "FindMethod searches by halves");

}  // namespace

std::span<const MethodEntry> MethodTable() {
  return kMethods;
}

const MethodEntry* FindMethod(std::string_view path) {
  const auto it = std::ranges::lower_bound(kMethods, path, {}, &MethodEntry::path);
  return it != kMethods.end() && it->path == path ? &*it : nullptr;
}

}  // namespace sekisho::relay
