// Annotations that runtimes, NRI plugins and CRIU take orders from.
//
// A pod's author writes them freely, and a runtime whose configuration passes them on obeys: crun
// runs another handler or writes a hook's output to a file of the node, Kata takes another
// hypervisor, NRI's sample plugins mount any path of the node.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policy/spec.h"

namespace sekisho::policy {

// A named group, written "@nri" in a policy file.
struct AnnotationGroup {
  std::string_view name;  // without the @
  std::string_view description;
  std::span<const std::string_view> patterns;  // globs over keys, sorted
};

// In the order of their names.
std::span<const AnnotationGroup> AnnotationGroups();

// Every pattern of every group: what is denied unless a policy says otherwise.
std::vector<std::string> AllSteeringPatterns();

// What the rules say of a key. Nothing is stripped or denied that is allowed, and what is stripped
// need not be denied.
bool IsForbiddenAnnotation(const AnnotationRules& rules, std::string_view key);
bool IsStrippedAnnotation(const AnnotationRules& rules, std::string_view key);

}  // namespace sekisho::policy
