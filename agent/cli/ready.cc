#include "app/ready.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/subcommands.h"

namespace sekisho::cli {

void AddReady(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<app::ReadyOptions>();
  CLI::App* command =
      app.add_subcommand("ready", "Say whether the node is enforced by its policy; exits 1 if not");
  command
      ->add_option("--config", options->config_file,
                   "The configuration that names the policy and the socket")
      ->capture_default_str();
  command->add_option("--status-file", options->status_file,
                      "The agent's status file; by default status.json beside its socket");
  command->add_flag("--watch", options->watch, "Stay, and print each new answer until SIGTERM");
  command->callback([options, &exit_code] { exit_code = app::Ready(*options); });
}

}  // namespace sekisho::cli
