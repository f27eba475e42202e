#include "check/check.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "check/result.h"
#include "cli/color_option.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "cli/this_node.h"
#include "config/snapshot.h"
#include "manifest/read.h"

namespace sekisho::cli {
namespace {

constexpr int kSomeRefused = 1;
constexpr int kBadInput = 2;
constexpr const char* kConfigFile = "/etc/sekisho/config.yaml";

struct CheckOptions {
  std::vector<std::string> files;
  std::string config_file;
  std::string policy_file;
  std::optional<std::string> level;
  std::string version = "latest";
  std::optional<std::string> image_user;
  std::string output = "text";
  std::string color = "auto";
  bool recorded = false;
  bool static_pods = false;
  bool seccomp_default = false;
};

// That an object was not looked at must not pass for "allowed".
void PrintSkipped(const std::string& file, const std::vector<manifest::Skipped>& skipped) {
  std::map<std::string, size_t> kinds;
  for (const manifest::Skipped& one : skipped) {
    ++kinds[base::Printable(one.kind)];
  }
  if (!kinds.empty()) {
    const std::string list = base::StrJoin(kinds, ", ", [](const auto& kind) {
      return kind.second == 1 ? kind.first : base::StrCat(kind.first, " (", kind.second, ")");
    });
    (void)std::fprintf(stderr, "%s: not checked, not known to make pods: %s\n", file.c_str(),
                       list.c_str());
  }
}

// Where the policy comes from, and how the kubelet is set up.
struct Basis {
  std::shared_ptr<const policy::Policy> policy;
  manifest::Options kubelet;
};

std::optional<Basis> FromLevel(const CheckOptions& options) {
  policy::LevelVersion level;
  const std::optional<policy::Level> named = policy::ParseLevel(*options.level);
  const std::optional<policy::Version> version = policy::ParseVersion(options.version);
  if (!named.has_value() || !version.has_value()) {
    (void)std::fputs(named.has_value() ? "--version: give latest, or v1.N such as v1.34\n"
                                       : "--level: give privileged, baseline or restricted\n",
                     stderr);
    return std::nullopt;
  }
  Basis basis;
  const policy::NodeFacts node{.kubelet_seccomp_default = options.seccomp_default};
  basis.policy =
      std::make_shared<const policy::Policy>(check::PolicyOfLevel({*named, *version}, node));
  basis.kubelet.seccomp_default = options.seccomp_default;
  return basis;
}

std::optional<Basis> FromFiles(const CheckOptions& options) {
  const bool colour = UseColour(options.color, STDERR_FILENO);
  config::AgentConfig agent;
  const std::string file = options.config_file.empty() ? kConfigFile : options.config_file;
  const bool is_node = !options.config_file.empty() || ::access(file.c_str(), F_OK) == 0;
  if (!is_node && options.policy_file.empty()) {
    (void)std::fprintf(stderr, "%s: is not there; give --level, --policy or --config\n",
                       kConfigFile);
    return std::nullopt;
  }
  // With a policy at hand a machine that is no node needs no configuration.
  if (is_node) {
    config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(file);
    PrintDiagnostics("", loaded.errors, colour);
    if (!loaded.ok()) {
      return std::nullopt;
    }
    agent = std::move(loaded.value);
  }
  if (!options.policy_file.empty()) {
    agent.policy_file = options.policy_file;
  }
  agent.kubelet_seccomp_default = agent.kubelet_seccomp_default || options.seccomp_default;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (!is_node) {
    agent.kubeconfig = "unknown";  // not that its nodes hear of no labels, which is warned about
  }
  // A file that is named is that file.
  const config::LoadResult<config::Snapshot> policy = config::LoadPolicy(
      agent, now, options.policy_file.empty() ? ThisNode(agent) : config::NodeIdentity{});
  PrintDiagnostics("", policy.errors, colour);
  if (!policy.ok()) {
    return std::nullopt;
  }
  PrintDiagnostics("warning: ", policy.value.warnings, colour);
  Basis basis;
  basis.policy = policy.value.policy;
  basis.kubelet.kubelet_root = agent.kubelet_root;
  basis.kubelet.seccomp_default = agent.kubelet_seccomp_default;
  return basis;
}

// One file that could be read, as manifests or as it is.
struct Input {
  std::string name;
  manifest::Manifests manifests;
  std::string recorded;
};

// Nothing when it could not be read as a whole.
std::optional<Input> ReadOne(const CheckOptions& options, const std::string& file) {
  std::optional<std::string> bytes = ReadInput(file);
  if (!bytes.has_value()) {
    return std::nullopt;
  }
  Input input{.name = NameOfInput(file), .manifests = {}, .recorded = {}};
  if (options.recorded) {
    input.recorded = *std::move(bytes);
    return input;
  }
  input.manifests = manifest::ReadManifests(*bytes, input.name);
  PrintDiagnostics("", input.manifests.errors, UseColour(options.color, STDERR_FILENO));
  if (!input.manifests.ok()) {
    return std::nullopt;
  }
  PrintSkipped(input.name, input.manifests.skipped);
  return input;
}

// The results of one input; false when it is no recording.
bool CheckOne(const check::Checker& checker, const CheckOptions& options, const Input& input,
              std::vector<check::Result>& results) {
  if (options.recorded) {
    std::vector<yaml::Diagnostic> errors;
    std::vector<check::Result> found = checker.CheckRecorded(input.recorded, input.name, errors);
    results.insert(results.end(), std::make_move_iterator(found.begin()),
                   std::make_move_iterator(found.end()));
    PrintDiagnostics("", errors, UseColour(options.color, STDERR_FILENO));
    return errors.empty();
  }
  for (const manifest::PodManifest& pod : input.manifests.pods) {
    results.push_back(checker.CheckPod(pod));
  }
  return true;
}

// Of all files: a Namespace may stand behind its pods.
std::vector<manifest::NamespaceManifest> NamespacesIn(const std::vector<Input>& inputs) {
  std::vector<manifest::NamespaceManifest> namespaces;
  for (const Input& input : inputs) {
    namespaces.insert(namespaces.end(), input.manifests.namespaces.begin(),
                      input.manifests.namespaces.end());
  }
  return namespaces;
}

// False when there are inputs that say nothing, or nobody to say it to.
bool Print(const std::vector<check::Result>& results, const CheckOptions& options, bool readable) {
  const bool as_json = options.output == "json";
  if (!as_json && results.empty() && !readable) {
    return false;  // "0 checked" would read like a verdict
  }
  const std::string text = as_json ? check::ToJson(results)
                                   : check::ToText(results, Columns(), UseColour(options.color));
  return WriteOutput(text) && readable;
}

int Check(const CheckOptions& options) {
  std::optional<Basis> basis = options.level.has_value() ? FromLevel(options) : FromFiles(options);
  if (!basis.has_value()) {
    return kBadInput;
  }
  basis->kubelet.image_user = options.image_user;
  if (options.static_pods) {
    basis->kubelet.static_node_name = "node";
  }
  std::vector<Input> inputs;
  bool readable = true;
  for (const std::string& file : options.files) {
    if (std::optional<Input> input = ReadOne(options, file)) {
      inputs.push_back(*std::move(input));
    } else {
      readable = false;
    }
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const check::Checker checker(*basis->policy, basis->kubelet, now,
                               check::ViewOf(NamespacesIn(inputs)));
  std::vector<check::Result> results;
  for (const Input& input : inputs) {
    readable = CheckOne(checker, options, input, results) && readable;
  }
  if (!Print(results, options, readable)) {
    return kBadInput;
  }
  const bool all_allowed = std::all_of(results.begin(), results.end(),
                                       [](const check::Result& result) { return result.allowed; });
  return all_allowed ? 0 : kSomeRefused;
}

}  // namespace

void AddCheck(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "Judge manifests, or recorded CRI requests, offline");
  command->footer("Exits with 0 when all is allowed, 1 when something is refused, 2 on bad input.");
  command->add_option("FILE", options->files, "YAML or JSON; - is standard input")->required();
  CLI::Option* level = command->add_option("--level", options->level,
                                           "A Pod Security level in place of a policy file");
  command->add_option("--version", options->version, "Of the level: latest, or v1.N")
      ->needs(level)
      ->capture_default_str();
  command
      ->add_option("--policy", options->policy_file,
                   "A policy file to use instead of the configured one")
      ->excludes(level);
  command
      ->add_option("--config", options->config_file,
                   base::StrCat("The agent's configuration [", kConfigFile, "]"))
      ->excludes(level);
  command->add_option("-o,--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddColor(*command, options->color);
  CLI::Option* recorded =
      command->add_flag("--cri", options->recorded, "The files are CRI requests in protobuf JSON");
  command
      ->add_option("--image-user", options->image_user,
                   "The USER of the images, such as 1000 or nobody")
      ->excludes(recorded);
  command->add_flag("--static", options->static_pods, "The manifests are static pods")
      ->excludes(recorded);
  command->add_flag("--kubelet-seccomp-default", options->seccomp_default,
                    "The kubelet runs with seccompDefault");
  command->callback([options, &exit_code] { exit_code = Check(*options); });
}

}  // namespace sekisho::cli
