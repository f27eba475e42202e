// Events as requests to the API server: core/v1, as the kubelet writes its own.
#pragma once

#include <cstdint>
#include <string>

#include "kube/event.h"
#include "kube/loop.h"

namespace sekisho::kube {

// Whether Kubernetes could have a pod with this namespace, name and uid.
bool IsOfPod(const Notice& notice);

// "<pod>.<16 hex digits>", a valid name whatever the pod's length.
std::string EventName(const std::string& pod, uint64_t number);

// POST of the whole Event under `name`. `node` is source.host and reportingInstance.
Request CreateEvent(const Event& event, const std::string& name, const std::string& node);
// PATCH of what a further notice changes: count, lastTimestamp and message.
Request UpdateEvent(const Event& event, const std::string& name);

}  // namespace sekisho::kube
