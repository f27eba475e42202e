// install and uninstall.
#include "install/install.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/subcommands.h"

namespace sekisho::cli {
namespace {

constexpr int kTimeoutMax = 600;  // seconds

void Say(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  (void)std::fflush(stdout);  // who reads it through a pipe follows the steps
}

struct InstallArguments {
  install::InstallOptions options;
  std::vector<std::string> trees;
  int timeout = 20;
};

int RunInstall(InstallArguments& arguments) {
  for (const std::string& text : arguments.trees) {
    absl::StatusOr<install::FileTree> tree = install::ParseFileTree(text);
    if (!tree.ok()) {
      (void)std::fprintf(stderr, "%s\n", std::string(tree.status().message()).c_str());
      return install::kRefused;
    }
    arguments.options.files.push_back(*std::move(tree));
  }
  arguments.options.timeout = std::chrono::seconds(arguments.timeout);
  return install::Install(arguments.options, install::RealNode(&Say));
}

struct UninstallArguments {
  install::UninstallOptions options;
  int timeout = 20;
};

int RunUninstall(UninstallArguments& arguments) {
  arguments.options.timeout = std::chrono::seconds(arguments.timeout);
  return install::Uninstall(arguments.options, install::RealNode(&Say));
}

}  // namespace

void AddInstall(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<InstallArguments>();
  install::InstallOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand(
      "install", "Put the agent before this node's kubelet; undone if that fails");
  command->add_flag("--dry-run", options.dry_run, "Show what would change, and change nothing");
  command->add_option("--config", options.config_file, "The agent's configuration")
      ->capture_default_str();
  command->add_option("--kubelet-unit", options.kubelet_unit, "The kubelet's systemd unit")
      ->capture_default_str();
  command
      ->add_option("--timeout", arguments->timeout,
                   "Seconds that the kubelet may take to get well through the agent")
      ->check(CLI::Range(1, kTimeoutMax))
      ->capture_default_str();
  command->add_option("--files", arguments->trees,
                      "SRC:DEST: bring the files below SRC to DEST first; may be repeated");
  command->add_flag("--enter-host", options.enter_host,
                    "From a privileged container with hostPID: work on the node");
  command->callback([arguments, &exit_code] { exit_code = RunInstall(*arguments); });
}

void AddUninstall(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<UninstallArguments>();
  install::UninstallOptions& options = arguments->options;
  CLI::App* command =
      app.add_subcommand("uninstall", "Point the kubelet back to the runtime, and stop the agent");
  command->add_flag("--dry-run", options.dry_run, "Show what would change, and change nothing");
  command->add_flag("--check", options.check,
                    "Only say whether something points at the agent; exits with 1 if so");
  command->add_flag("--unfinished", options.unfinished,
                    "Only undo an installation that was interrupted");
  command->add_option("--config", options.config_file, "The agent's configuration")
      ->capture_default_str();
  command->add_option("--kubelet-unit", options.kubelet_unit,
                      "The kubelet's unit; by default the one that was installed for");
  command
      ->add_option("--timeout", arguments->timeout, "Seconds that the kubelet may take to get well")
      ->check(CLI::Range(1, kTimeoutMax))
      ->capture_default_str();
  command->add_flag("--enter-host", options.enter_host,
                    "From a privileged container with hostPID: work on the node");
  command->callback([arguments, &exit_code] { exit_code = RunUninstall(*arguments); });
}

}  // namespace sekisho::cli
