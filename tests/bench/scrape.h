// What an agent says of itself.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::bench {

// A metric without labels, of an agent that serves its metrics on that unix socket. 0 when it says
// nothing of it.
double MetricOf(const std::string& socket, std::string_view name);

}  // namespace sekisho::bench
