// The daemon, from its first file to its last call.
#pragma once

#include <string>

namespace sekisho::app {

struct ServeOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  // UNSAFE, and added to what the configuration says: relay methods that this build does not know.
  bool unsafe_forward_unknown = false;
};

// Runs until SIGTERM or SIGINT. SIGHUP reads the policy again, SIGUSR1 reopens the audit log.
// Returns the process's exit code: 0 after an orderly stop, 1 when it could not start.
int Serve(const ServeOptions& options);

}  // namespace sekisho::app
