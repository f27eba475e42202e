// Controls, trust and annotations of a spec as a person reads them; parts of DescribePolicy.
#pragma once

#include <string>

#include "policy/spec.h"

namespace sekisho::config {

// "privileged false; volumes configMap, secret; …"; "none" when nothing is given.
std::string ControlsText(const policy::Controls& controls);
std::string TrustText(const policy::Trust& trust);
std::string AnnotationsText(const policy::AnnotationRules& rules);

}  // namespace sekisho::config
