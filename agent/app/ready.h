// `sekisho ready`: is this node enforced with the policy that it should have?
#pragma once

#include <string>

namespace sekisho::app {

struct ReadyOptions {
  // Names the policy files that should be in force, and the socket beside which the agent's status
  // file lies.
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string status_file;  // "": beside the socket
  bool watch = false;
};

// Prints the answer, and with `watch` each new one until SIGTERM or SIGINT. The process's exit
// code: 0 ready (or told to stop watching), 1 not ready, also when a file cannot be read.
int Ready(const ReadyOptions& options);

}  // namespace sekisho::app
