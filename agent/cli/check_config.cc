#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/str_cat.h"
#include "cli/color_option.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "cli/this_node.h"
#include "config/describe.h"
#include "config/policy_choice.h"
#include "config/revisions.h"
#include "config/snapshot.h"

namespace sekisho::cli {
namespace {

using base::StrCat;

struct CheckConfigOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string policy_file;
  std::string node;
  std::string group;
  std::string color = "auto";

  bool for_another() const { return !node.empty() || !group.empty(); }
};

// For whom the policy is read. A file that is named is that file; but its neighbours, when a node
// or a group is named too.
config::NodeIdentity IdentityOf(const CheckConfigOptions& options,
                                const config::AgentConfig& agent) {
  if (options.for_another()) {
    return {.name = options.node, .group = options.group};
  }
  return options.policy_file.empty() ? ThisNode(agent) : config::NodeIdentity{};
}

// "policy.group.gpu.yaml: this node's group"; "" where a file was named and nothing was chosen.
std::string WhyThisFile(const CheckConfigOptions& options, const config::AgentConfig& agent,
                        const config::NodeIdentity& node, const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  if (file == agent.policy_file) {
    const std::string of_node = node.name.empty() ? "" : StrCat(" node ", node.name);
    const std::string of_group = node.group.empty() ? "" : StrCat(" group ", node.group);
    const char* const both = of_node.empty() || of_group.empty() ? "" : " or";
    return of_node.empty() && of_group.empty()
               ? ""
               : StrCat(name, ": there is no file for", of_node, both, of_group, "\n\n");
  }
  const bool own = file == config::ChoosePolicyFile(agent, {.name = node.name, .group = ""});
  if (options.for_another()) {
    return StrCat(name, ": ", own ? StrCat("node ", node.name) : StrCat("group ", node.group),
                  "\n\n");
  }
  return StrCat(name, own ? ": this node's own" : ": this node's group", "\n\n");
}

// Whether the agent would refuse the file for its revision. Who may not read what the agent keeps
// is told nothing: that is no fault of the policy.
void CheckRevision(const config::AgentConfig& agent, const config::Snapshot& policy,
                   std::vector<config::Diagnostic>& errors) {
  const config::Revisions revisions(agent.state_dir);
  if (::access(revisions.file().c_str(), R_OK) != 0 && errno == EACCES) {
    return;
  }
  if (std::optional<config::Diagnostic> why_not = revisions.WhyNot(policy)) {
    errors.push_back(*std::move(why_not));
  }
}

// The daemon's own load path, and nothing else.
int CheckConfig(const CheckConfigOptions& options) {
  config::LoadResult<config::AgentConfig> agent = config::LoadAgentConfig(options.config_file);
  const bool colour = UseColour(options.color, STDERR_FILENO);
  PrintDiagnostics("", agent.errors, colour);
  if (!agent.ok()) {
    return 1;
  }
  if (!options.policy_file.empty()) {
    agent.value.policy_file = options.policy_file;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const config::NodeIdentity node = IdentityOf(options, agent.value);
  config::LoadResult<config::Snapshot> policy = config::LoadPolicy(agent.value, now, node);
  const std::string& file = policy.value.files.front();
  if (policy.ok() && !options.for_another()) {
    CheckRevision(agent.value, policy.value, policy.errors);
  }
  PrintDiagnostics("", policy.errors, colour);
  const std::vector<config::Diagnostic> others = config::ErrorsInOverrides(agent.value, now, file);
  PrintDiagnostics("", others, colour);
  if (!policy.ok() || !others.empty()) {
    return 1;
  }
  PrintDiagnostics("warning: ", policy.value.warnings, colour);
  const std::string text =
      StrCat(WhyThisFile(options, agent.value, node, file), config::DescribePolicy(policy.value));
  (void)std::fputs(text.c_str(), stdout);
  return 0;
}

std::string CheckName(const std::string& name) {
  return config::IsPlainName(name) ? "" : "is neither the name of a node nor the value of a label";
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
  command->add_option("--node", options->node, "Explain the file of another node")
      ->check(CheckName);
  command->add_option("--group", options->group, "Explain the file of another group")
      ->check(CheckName);
  AddColor(*command, options->color);
  command->callback([options, &exit_code] { exit_code = CheckConfig(*options); });
}

}  // namespace sekisho::cli
