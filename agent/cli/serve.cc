#include "app/serve.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/subcommands.h"

namespace sekisho::cli {

void AddServe(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<app::ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run the agent");
  command->add_option("--config", options->config_file, "The agent's configuration")
      ->capture_default_str();
  command->add_flag("--unsafe-forward-unknown", options->unsafe_forward_unknown,
                    "UNSAFE: forward methods this build does not know, unjudged");
  command->callback([options, &exit_code] { exit_code = app::Serve(*options); });
}

}  // namespace sekisho::cli
