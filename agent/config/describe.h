// The policy as a person reads it.
#pragma once

#include <string>

#include "config/snapshot.h"

namespace sekisho::config {

// What applies in which order, and what each entry says: exemptions, rules from the most specific
// to the least, defaults. Lines have at most 100 columns (a single longer word is not broken) and
// end in "\n". `check-config` prints this.
std::string DescribePolicy(const Snapshot& snapshot);

}  // namespace sekisho::config
