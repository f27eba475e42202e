// Reading `includes` and `excludes`.
#pragma once

#include "seccomp/profile.h"
#include "seccomp/value_reader.h"

namespace sekisho::seccomp {

void ReadCondition(const Value& value, Condition& out, ErrorList& errors);

}  // namespace sekisho::seccomp
