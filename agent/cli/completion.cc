#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command_tree.h"
#include "cli/completion_script.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"

namespace sekisho::cli {

void AddCompletion(CLI::App& app, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "completion", "Print a script that makes a shell complete this command line");
  command->footer("For this shell alone:  source <(sekisho completion bash)");
  command->add_option("SHELL", *shell, "bash or zsh")
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->required();
  command->callback([shell, &app, &exit_code] {
    const CommandShape root = ShapeOf(app);
    exit_code = WriteOutput(*shell == "zsh" ? ZshCompletion(root) : BashCompletion(root)) ? 0 : 1;
  });
}

}  // namespace sekisho::cli
