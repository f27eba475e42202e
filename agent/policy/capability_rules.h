// Which capabilities the levels let a container add. Shared by the checks and their repair.
#pragma once

#include <string_view>

namespace sekisho::policy {

bool IsBaselineAddition(std::string_view name);
bool IsRestrictedAddition(std::string_view name);

}  // namespace sekisho::policy
