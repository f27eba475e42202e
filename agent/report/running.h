// What the kernel says of the running containers.
#pragma once

#include <optional>
#include <string>

#include "procfs/process.h"
#include "verify/result.h"

namespace sekisho::report {

// The table, what does not conform first, and what could not be looked at.
std::string RunningHtml(const verify::Result& result, const std::optional<procfs::Process>& host);

}  // namespace sekisho::report
