#include <CLI/CLI.hpp>
#include <memory>

#include "app/keep_kubeconfig.h"
#include "cli/subcommands.h"

namespace sekisho::cli {

void AddKubeconfig(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<app::KubeconfigOptions>();
  CLI::App* command = app.add_subcommand(
      "kubeconfig", "Carry a pod's ServiceAccount token to the agent of its node");
  command->add_option("--from", options->from, "The folder with token and ca.crt, as a pod has it")
      ->capture_default_str();
  command->add_option("--to", options->to, "The kubeconfig to write; its folder must be there")
      ->required();
  command->add_option("--server", options->server,
                      "The API server's URL; by default that of the pod's environment");
  command->add_flag("--watch", options->watch, "Stay, and write each new token until SIGTERM");
  command->callback([options, &exit_code] { exit_code = app::KeepKubeconfig(*options); });
}

}  // namespace sekisho::cli
