// Where a kubelet puts a volume of a pod.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "manifest/identity.h"
#include "manifest/pod.h"

namespace sekisho::manifest {

// <root>/pods/<uid>/volumes/…, or the path that a hostPath names.
std::string VolumePath(const Identity& identity, const Volume& volume);

// The name under which a claim's volume is mounted: really the PersistentVolume's, which only the
// cluster knows. Absent for what is no claim.
std::optional<std::string> ClaimName(const Identity& identity, const Volume& volume);

// Whether volumes of the type cannot be written to, however they are mounted.
bool IsReadOnly(const Volume& volume);

// Whether kubelets had a plugin for the type once.
bool IsRemoved(std::string_view type);

}  // namespace sekisho::manifest
