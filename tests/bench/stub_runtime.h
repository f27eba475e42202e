// The fastest runtime there is: answers every call with the same bytes, on one completion queue.
#pragma once

#include <string>

namespace sekisho::bench {

// Serves on a unix socket until the process is killed. Call in a process of its own.
[[noreturn]] void ServeStubRuntime(const std::string& socket_path);

}  // namespace sekisho::bench
