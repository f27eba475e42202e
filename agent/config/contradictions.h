// Settings of one complete spec that cannot all hold.
#pragma once

#include <string>
#include <vector>

#include "policy/spec.h"

namespace sekisho::config {

struct Contradiction {
  std::string message;
  std::string fix;

  friend bool operator==(const Contradiction&, const Contradiction&) = default;
};

// Above all: what hardening would make of a request must be legal, or every such request is refused
// with words that nobody understands.
std::vector<Contradiction> ContradictionsIn(const policy::Spec& spec);

}  // namespace sekisho::config
