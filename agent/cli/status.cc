#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "admin/client.h"
#include "admin/status_text.h"
#include "app/signals.h"
#include "base/str_cat.h"
#include "cli/color_option.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "config/snapshot.h"

namespace sekisho::cli {
namespace {

constexpr int kNotReady = 1;
constexpr int kNoAnswer = 2;
constexpr int kNoReader = 3;  // never an exit code
constexpr const char* kConfigFile = "/etc/sekisho/config.yaml";
constexpr std::chrono::seconds kTimeout{5};
constexpr std::chrono::seconds kRound{2};

struct StatusOptions {
  std::string config_file;
  std::string socket;
  std::string output = "text";
  std::string color = "auto";
  int refusals = 10;
  bool watch = false;
};

// The socket to ask, or nothing and why on the standard error.
std::optional<std::string> SocketOf(const StatusOptions& options) {
  if (!options.socket.empty()) {
    return options.socket;
  }
  const std::string file = options.config_file.empty() ? kConfigFile : options.config_file;
  if (options.config_file.empty() && ::access(file.c_str(), F_OK) != 0) {
    return config::AgentConfig().admin_socket;
  }
  const config::LoadResult<config::AgentConfig> loaded = config::LoadAgentConfig(file);
  PrintDiagnostics("", loaded.errors, UseColour(options.color, STDERR_FILENO));
  return loaded.ok() ? std::optional(loaded.value.admin_socket) : std::nullopt;
}

// Asks once and prints the answer. The exit code, or kNoReader.
int Ask(const StatusOptions& options, const std::string& socket) {
  sekisho::v1::GetStatusRequest request;
  request.set_refusals(options.refusals);
  const absl::StatusOr<sekisho::v1::GetStatusResponse> status =
      admin::GetStatus(socket, request, kTimeout);
  if (!status.ok()) {
    (void)std::fprintf(stderr, "%s\n", std::string(status.status().message()).c_str());
    return kNoAnswer;
  }
  const std::string text = options.output == "json"
                               ? admin::ToJson(*status)
                               : admin::ToText(*status, Columns(), UseColour(options.color));
  // A terminal is written anew, from its top; what else reads gets one answer after the other.
  const bool clear = options.watch && options.output == "text" && ::isatty(STDOUT_FILENO) != 0;
  if (!WriteOutput(base::StrCat(clear ? "\x1b[H\x1b[2J" : "", text))) {
    return kNoReader;
  }
  return status->ready() ? 0 : kNotReady;
}

int Status(const StatusOptions& options) {
  const std::optional<std::string> socket = SocketOf(options);
  if (!socket.has_value()) {
    return kNoAnswer;
  }
  if (!options.watch) {
    return std::min(Ask(options, *socket), kNoAnswer);
  }
  app::Signals signals;
  for (;;) {
    if (Ask(options, *socket) == kNoReader) {
      return kNoAnswer;
    }
    const int signal = signals.Wait(kRound).value_or(0);
    if (signal == SIGTERM || signal == SIGINT) {
      return 0;
    }
  }
}

}  // namespace

void AddStatus(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Say what the running agent does");
  command->footer(
      "Exits with 0 when the agent is ready, 1 when it is not, 2 when there is no answer.");
  CLI::Option* config = command->add_option(
      "--config", options->config_file,
      base::StrCat("The configuration that names the socket [", kConfigFile, "]"));
  command->add_option("--socket", options->socket, "The agent's admin socket")->excludes(config);
  command->add_option("-o,--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddColor(*command, options->color);
  command->add_option("--refusals", options->refusals, "How many of the last refusals to show")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--watch", options->watch, "Stay, and ask every two seconds until SIGTERM");
  command->callback([options, &exit_code] { exit_code = Status(*options); });
}

}  // namespace sekisho::cli
