#include "report/report.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/reader.h"
#include "base/file.h"
#include "base/str_cat.h"
#include "cli/duration_option.h"
#include "cli/live.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "cli/this_node.h"
#include "config/snapshot.h"
#include "procfs/process.h"

namespace sekisho::cli {
namespace {

using base::StrCat;
using std::chrono::system_clock;

constexpr int kNotWritten = 2;
constexpr const char* kConfigFile = "/etc/sekisho/config.yaml";
// Who is refused what, and by which rule, is for the node's administrators, as the log is.
constexpr mode_t kMode = 0600;

struct ReportOptions {
  std::vector<std::string> files;
  std::string config_file;
  std::string output_file;
  std::string since;
  std::string node;
  bool no_live = false;
};

// What is known of the node besides its log.
struct Node {
  std::optional<config::AgentConfig> agent;  // absent: there is no configuration
  std::string policy;                        // in words
};

void Say(const std::string& text) {
  (void)std::fprintf(stderr, "%s\n", text.c_str());
}

// "policy.yaml 9e9eab657b61, baseline:latest". A page about a log is worth having without it.
std::string PolicyText(const config::AgentConfig& agent) {
  const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now());
  const config::LoadResult<config::Snapshot> policy =
      config::LoadPolicy(agent, now, ThisNode(agent));
  if (!policy.ok()) {
    PrintDiagnostics("warning: ", policy.errors);
    return "cannot be read today";
  }
  const std::string file =
      policy.value.files.empty()
          ? ""
          : std::filesystem::path(policy.value.files.front()).filename().string();
  return StrCat(file, " ", policy.value.hash.substr(0, 12), ", ",
                policy.value.policy->defaults().EnforcedText(), " by default");
}

// Nothing when there is a configuration that cannot be read, or one is needed and there is none.
std::optional<Node> ReadNode(const ReportOptions& options) {
  Node node;
  const std::string file = options.config_file.empty() ? kConfigFile : options.config_file;
  if (options.config_file.empty() && ::access(file.c_str(), F_OK) != 0) {
    if (options.files.empty()) {
      Say(StrCat(kConfigFile, ": is not there; name an audit log, or give --config"));
      return std::nullopt;
    }
    return node;
  }
  config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(file);
  PrintDiagnostics("", loaded.errors);
  if (!loaded.ok()) {
    return std::nullopt;
  }
  node.policy = PolicyText(loaded.value);
  node.agent = std::move(loaded.value);
  return node;
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
  void Say(const char* text) const {
    if (is_shown_) {
      (void)std::fprintf(stderr, "\r\x1b[K%s", text);
    }
  }

 private:
  const bool is_shown_ = ShowProgress();
  uint64_t count_ = 0;
};

void Add(const audit::ReadStats& more, audit::ReadStats& all) {
  all.lines += more.lines;
  all.lost += more.lost;
  all.unreadable += more.unreadable;
  if (all.first_unreadable.empty()) {
    all.first_unreadable = more.first_unreadable;
  }
}

bool AddLog(const Node& node, std::vector<std::string> files, const Progress& shown,
            report::Builder& builder) {
  if (files.empty()) {
    files = audit::RotatedFiles(node.agent->audit_path);
    if (files.empty()) {
      Say(StrCat(node.agent->audit_path, ": is not there, and no rotated file beside it"));
      return false;
    }
  }
  Progress progress;
  audit::ReadStats all;
  for (const std::string& file : files) {
    const absl::StatusOr<audit::ReadStats> stats =
        audit::ReadLines(file, {.with_facts = true, .threads = 2}, [&](const audit::Line& line) {
          builder.Add(line);
          progress.Step();
        });
    shown.Say("");
    if (!stats.ok()) {
      Say(StrCat(stats.status().message()));
      return false;
    }
    Add(*stats, all);
  }
  builder.SetReadStats(all);
  return true;
}

void AddRunning(const ReportOptions& options, const Node& node, const Progress& shown,
                report::Builder& builder) {
  if (options.no_live) {
    builder.SetNotVerified("--no-live was given");
    return;
  }
  if (!node.agent.has_value()) {
    builder.SetNotVerified(StrCat("there is no ", kConfigFile, " where the page was made"));
    return;
  }
  if (::geteuid() != 0) {
    builder.SetNotVerified(
        "only root is told by the kernel what it must know, and it was not root "
        "who made the page");
    return;
  }
  shown.Say("looking at the running containers");
  absl::StatusOr<verify::Result> result = LookAtRunning(*node.agent);
  shown.Say("");
  if (!result.ok()) {
    builder.SetNotVerified(StrCat(result.status().message()));
    return;
  }
  absl::StatusOr<procfs::Process> host = procfs::ReadProcess("/proc", 1);
  builder.SetVerification(*std::move(result),
                          host.ok() ? std::optional(*std::move(host)) : std::nullopt);
}

// Whether a page may take this file's place; says why not.
bool CanBeWritten(const std::string& file) {
  struct stat there {};
  if (file == "-" || ::lstat(file.c_str(), &there) != 0 || S_ISREG(there.st_mode)) {
    return true;
  }
  Say(StrCat(file, ": is no regular file, and is left alone"));
  return false;
}

bool Write(const std::string& file, const std::string& page) {
  if (file == "-") {
    return WriteOutput(page);
  }
  if (!CanBeWritten(file)) {
    return false;  // it came while the page was made
  }
  const absl::Status written = base::WriteFileAtomically(file, page, kMode);
  if (!written.ok()) {
    Say(StrCat(written.message()));
  }
  return written.ok();
}

int Report(const ReportOptions& options) {
  const std::optional<std::chrono::seconds> since = ParseDuration(options.since);
  if (!options.since.empty() && !since.has_value()) {
    Say("--since: give a number and s, m, h, d or w, such as 24h or 7d");
    return kNotWritten;
  }
  if (!CanBeWritten(options.output_file)) {
    return kNotWritten;
  }
  const std::optional<Node> node = ReadNode(options);
  if (!node.has_value()) {
    return kNotWritten;
  }
  const system_clock::time_point now = system_clock::now();
  std::string name = options.node;
  if (name.empty() && node->agent.has_value()) {
    name = config::NodeName(*node->agent);
  }
  report::Builder builder({.node = std::move(name),
                           .version = SEKISHO_VERSION,
                           .policy = node->policy,
                           .now = now,
                           .since = since.has_value() ? now - *since : system_clock::time_point{}});
  const Progress shown;
  if (!AddLog(*node, options.files, shown, builder)) {
    return kNotWritten;
  }
  AddRunning(options, *node, shown, builder);
  return Write(options.output_file, builder.Html()) ? 0 : kNotWritten;
}

}  // namespace

void AddReport(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Write one HTML page about this node: decisions, and what runs");
  command->footer("Exits with 0 when the page is written, 2 when it is not.");
  command->add_option("FILE", options->files,
                      "Audit logs, the oldest first; - is standard input [the configured one, "
                      "rotated ones too]");
  command
      ->add_option("-o,--output", options->output_file,
                   "The page's file; - is standard output. What is there is replaced, if it is a "
                   "regular file")
      ->required();
  command->add_option("--config", options->config_file,
                      StrCat("The agent's configuration [", kConfigFile, "]"));
  command->add_option("--since", options->since,
                      "Leave out what is older, such as 24h or 7d [all of the log]");
  command->add_option("--node", options->node, "The node's name [the configured one]");
  command->add_flag("--no-live", options->no_live, "Do not look at the running containers");
  command->callback([options, &exit_code] { exit_code = Report(*options); });
}

}  // namespace sekisho::cli
