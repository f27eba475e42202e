#include "replay/replay.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/reader.h"
#include "base/str_cat.h"
#include "cli/color_option.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "config/snapshot.h"
#include "mounts/resolver.h"
#include "relay/one_call.h"
#include "replay/live.h"
#include "verify/verifier.h"

namespace sekisho::cli {
namespace {

using base::StrCat;
using replay::Change;

constexpr int kFound = 1;
constexpr int kBadInput = 2;
constexpr const char* kConfigFile = "/etc/sekisho/config.yaml";
constexpr const char* kNewlyRefused = "newly-refused";
constexpr std::chrono::seconds kCallTimeout{10};

struct ReplayOptions {
  std::vector<std::string> files;
  std::string policy_file;
  std::string config_file;
  std::string output = "text";
  std::string color = "auto";
  std::string fail_on = kNewlyRefused;
  bool live = false;
};

struct Basis {
  config::AgentConfig agent;
  bool is_node = false;  // there is a configuration
  std::shared_ptr<const policy::Policy> policy;
  std::chrono::sys_seconds now;
};

void Say(const std::string& text) {
  (void)std::fprintf(stderr, "%s\n", text.c_str());
}

std::optional<Basis> Load(const ReplayOptions& options) {
  Basis basis;
  basis.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string file = options.config_file.empty() ? kConfigFile : options.config_file;
  basis.is_node = !options.config_file.empty() || ::access(file.c_str(), F_OK) == 0;
  if (basis.is_node) {
    config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(file);
    PrintDiagnostics("", loaded.errors);
    if (!loaded.ok()) {
      return std::nullopt;
    }
    basis.agent = std::move(loaded.value);
  } else {
    basis.agent.kubeconfig = "unknown";  // the labels that were known then are in the log
  }
  basis.agent.policy_file = options.policy_file;
  const config::LoadResult<config::Snapshot> policy = config::LoadPolicy(basis.agent, basis.now);
  PrintDiagnostics("", policy.errors);
  if (!policy.ok()) {
    return std::nullopt;
  }
  PrintDiagnostics("warning: ", policy.value.warnings);
  basis.policy = policy.value.policy;
  return basis;
}

// One line on the standard error, written over again and again.
class Progress {
 public:
  void Step() {
    constexpr uint64_t kEvery = 5000;
    if (++count_ % kEvery == 0 && is_shown_) {
      (void)std::fprintf(stderr, "\r%ju decisions read", static_cast<uintmax_t>(count_));
    }
  }
  void End() const {
    if (is_shown_ && count_ > 0) {
      (void)std::fputs("\r\x1b[K", stderr);
    }
  }

 private:
  const bool is_shown_ = ShowProgress();
  uint64_t count_ = 0;
};

// What the log does not have must not pass for "nothing changes".
void SayWhatIsMissing(const audit::ReadStats& stats, const std::string& file) {
  if (stats.unreadable > 0) {
    Say(StrCat("warning: ", stats.unreadable, stats.unreadable == 1 ? " line" : " lines", " of ",
               NameOfInput(file), " cannot be read; the first: ", stats.first_unreadable));
  }
  if (stats.lost > 0) {
    Say(StrCat("warning: ", NameOfInput(file), " says that ", stats.lost,
               " records are missing from it"));
  }
}

bool ReplayLog(const Basis& basis, std::vector<std::string> files, replay::Replayer& replayer) {
  if (files.empty()) {
    if (!basis.is_node) {
      Say(StrCat(kConfigFile, ": is not there; name an audit log, or give --config"));
      return false;
    }
    files = audit::RotatedFiles(basis.agent.audit_path);
    if (files.empty()) {
      Say(StrCat(basis.agent.audit_path, ": is not there, and no rotated file beside it"));
      return false;
    }
  }
  Progress progress;
  for (const std::string& file : files) {
    const absl::StatusOr<audit::ReadStats> stats =
        audit::ReadLines(file, {.with_facts = true, .threads = 2}, [&](const audit::Line& line) {
          replayer.Add(line);
          progress.Step();
        });
    progress.End();
    if (!stats.ok()) {
      Say(StrCat(stats.status().message()));
      return false;
    }
    SayWhatIsMissing(*stats, file);
  }
  return true;
}

bool ReplayRunning(const Basis& basis, replay::Replayer& replayer) {
  verify::VerifierOptions options;
  options.kubelet_root = basis.agent.kubelet_root;
  options.call = [socket = basis.agent.upstream_socket](std::string_view method,
                                                        std::string request) {
    return relay::CallOnce(socket, method, std::move(request), kCallTimeout);
  };
  std::vector<std::string> errors;
  const std::vector<verify::Running> all = verify::Verifier(options).ListRunning(errors);
  for (const std::string& error : errors) {
    Say(error);
  }
  mounts::Resolver::Options node;
  node.kubelet_root = basis.agent.kubelet_root;
  const mounts::Resolver mounts(std::move(node));
  for (const verify::Running& running : all) {
    if (running.config_known) {
      replayer.AddRunning(running.sandbox.pod,
                          replay::FactsOf(running, mounts, basis.agent.state_dir));
    } else {
      replayer.AddUnknown();
    }
  }
  return errors.empty();
}

// A summary of nothing would read like a verdict.
bool HasSomething(const replay::Summary& summary) {
  if (summary.decisions > 0 || summary.live) {
    return true;
  }
  if (summary.without_facts > 0) {
    Say(StrCat("none of ", summary.without_facts,
               " recorded decisions has what it was made from: leave audit.facts in config.yaml at "
               "true, restart the agent, and replay what it has recorded since"));
  } else {
    Say("there is no decision by a policy in the log");
  }
  return false;
}

int ExitCodeOf(const replay::Summary& summary, std::string_view fail_on) {
  const bool found = fail_on == "any"
                         ? summary.unchanged < summary.decisions
                         : fail_on == kNewlyRefused && summary.CountOf(Change::kNewlyRefused) > 0;
  return found ? kFound : 0;
}

int Replay(const ReplayOptions& options) {
  const std::optional<Basis> basis = Load(options);
  if (!basis.has_value()) {
    return kBadInput;
  }
  replay::Replayer replayer(*basis->policy, basis->now,
                            basis->is_node ? config::NodeName(basis->agent) : "");
  const bool is_whole =
      options.live ? ReplayRunning(*basis, replayer) : ReplayLog(*basis, options.files, replayer);
  const replay::Summary summary = replayer.Finish();
  // What was read before a file that cannot be is no answer to the question.
  if ((!is_whole && !options.live) || !HasSomething(summary)) {
    return kBadInput;
  }
  const std::string text = options.output == "json"
                               ? replay::ToJson(summary)
                               : replay::ToText(summary, Columns(), UseColour(options.color));
  return WriteOutput(text) && is_whole ? ExitCodeOf(summary, options.fail_on) : kBadInput;
}

}  // namespace

void AddReplay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command =
      app.add_subcommand("replay", "Decide again what was decided, with another policy");
  command->footer(
      "Exits with 0 when nothing is newly refused (see --fail-on), 1 when something is, 2 on bad "
      "input.");
  CLI::Option* files = command->add_option(
      "FILE", options->files,
      "Audit logs, the oldest first; - is standard input [the configured one, rotated ones too]");
  command->add_option("--policy", options->policy_file, "The policy file to decide with")
      ->required();
  command->add_option("--config", options->config_file,
                      StrCat("The agent's configuration [", kConfigFile, "]"));
  command
      ->add_flag("--live", options->live,
                 "Decide on the containers that run now, in place of a log; needs root")
      ->excludes(files);
  command->add_option("-o,--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      ->add_option("--fail-on", options->fail_on,
                   "What to exit with 1 for: newly-refused, any (change) or none")
      ->check(CLI::IsMember({kNewlyRefused, "any", "none"}))
      ->capture_default_str();
  AddColor(*command, options->color);
  command->callback([options, &exit_code] { exit_code = Replay(*options); });
}

}  // namespace sekisho::cli
