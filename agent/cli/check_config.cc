#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/subcommands.h"
#include "config/describe.h"
#include "config/snapshot.h"

namespace sekisho::cli {
namespace {

struct CheckConfigOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string policy_file;
};

void Print(const char* kind, const std::vector<config::Diagnostic>& diagnostics) {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    (void)std::fprintf(stderr, "%s%s\n", kind, diagnostic.ToString().c_str());
  }
}

// The daemon's own load path, and nothing else.
int CheckConfig(const CheckConfigOptions& options) {
  config::LoadResult<config::AgentConfig> agent = config::LoadAgentConfig(options.config_file);
  Print("", agent.errors);
  if (!agent.ok()) {
    return 1;
  }
  if (!options.policy_file.empty()) {
    agent.value.policy_file = options.policy_file;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const config::LoadResult<config::Snapshot> policy = config::LoadPolicy(agent.value, now);
  Print("", policy.errors);
  if (!policy.ok()) {
    return 1;
  }
  Print("warning: ", policy.value.warnings);
  (void)std::fputs(config::DescribePolicy(policy.value).c_str(), stdout);
  return 0;
}

}  // namespace

void AddCheckConfig(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckConfigOptions>();
  CLI::App* command = app.add_subcommand(
      "check-config", "Read configuration and policy as the agent would, and explain");
  command->add_option("--config", options->config_file, "The agent's configuration")
      ->capture_default_str();
  command->add_option("--policy", options->policy_file,
                      "A policy file to use instead of the configured one");
  command->callback([options, &exit_code] { exit_code = CheckConfig(*options); });
}

}  // namespace sekisho::cli
