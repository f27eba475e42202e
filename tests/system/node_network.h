// What listens inside of a node and yet is part of the test.
#pragma once

#include <sys/types.h>

#include <functional>

namespace sekisho::testing {

// Runs `body` on a thread of the network of the process `leader`. A socket that it opens is of that
// network for ever, and so is every thread that it starts. Throws std::runtime_error.
void InNetworkOf(pid_t leader, const std::function<void()>& body);

}  // namespace sekisho::testing
