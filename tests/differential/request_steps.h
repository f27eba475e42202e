// The single changes that request_generator.h puts together.
#pragma once

#include <span>
#include <string_view>

#include "differential/request_generator.h"

namespace sekisho::differential {

struct Change {
  std::string_view name;
  void (*apply)(Random& random, Request& request);
};

// Of who the pod is to the node: namespaces, users, ports, sysctls, annotations.
std::span<const Change> PodChanges();
// Of what a container may do.
std::span<const Change> ContainerChanges();
// Of what it mounts.
std::span<const Change> MountChanges();

// The directory of the pod that every request is about, with a slash.
std::string PodDirectory();

}  // namespace sekisho::differential
