// The fastest runtime there is: answers every call with bytes made before, on one completion queue.
#pragma once

#include <map>
#include <string>

namespace sekisho::bench {

// The answer to each method ("/runtime.v1.RuntimeService/Version"); any other gets 64 bytes.
using Answers = std::map<std::string, std::string>;

// Serves on a unix socket until the process is killed. Call in a process of its own.
[[noreturn]] void ServeStubRuntime(const std::string& socket_path, const Answers& answers);

}  // namespace sekisho::bench
