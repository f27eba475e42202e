// The tables of the controls of PodSecurityPolicy, by file: controls_<name>_test.cc. At privileged,
// where nothing else is looked at.
#pragma once

#include <vector>

#include "unit/policy/check_case.h"

namespace sekisho::policy {

std::vector<CheckTable> ControlIdTables();
std::vector<CheckTable> ControlProfileTables();
std::vector<CheckTable> ControlVolumeTables();

}  // namespace sekisho::policy
