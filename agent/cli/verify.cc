#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/signals.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "cli/color_option.h"
#include "cli/live.h"
#include "cli/subcommands.h"
#include "cli/terminal.h"
#include "config/snapshot.h"
#include "verify/result.h"
#include "verify/verifier.h"

namespace sekisho::cli {
namespace {

using base::StrCat;

constexpr int kNotConforming = 1;
constexpr int kCannotVerify = 2;
// A container that was created just now is looked at again, so often and after such a time.
constexpr int kSecondLooks = 3;
constexpr std::chrono::milliseconds kSecondLookAfter{700};

struct VerifyOptions {
  std::string config_file = "/etc/sekisho/config.yaml";
  std::string output = "text";
  std::string color = "auto";
  bool watch = false;
  int interval = 30;  // seconds
};

// Everything is read anew for every look: configuration, policy and ledger change under it.
absl::StatusOr<verify::Result> Look(const std::string& config_file) {
  const config::LoadResult<config::AgentConfig> agent = config::LoadAgentConfig(config_file);
  if (!agent.ok()) {
    return absl::InvalidArgumentError(
        base::StrJoin(agent.errors, "\n", &config::Diagnostic::ToString));
  }
  return LookAtRunning(agent.value);
}

class Watch {
 public:
  explicit Watch(const VerifyOptions& options) : options_(options) {}

  int Run() {
    for (;;) {
      absl::StatusOr<verify::Result> result = Look(options_.config_file);
      for (int again = 0; again < kSecondLooks && result.ok() && verify::IsTooEarly(*result);
           ++again) {
        if (!WaitFor(kSecondLookAfter)) {
          return options_.watch ? 0 : kCannotVerify;
        }
        result = Look(options_.config_file);
      }
      if (!Print(result)) {
        return kCannotVerify;
      }
      if (!options_.watch) {
        return ExitCodeOf(result);
      }
      if (!WaitFor(std::chrono::seconds(options_.interval))) {
        return 0;
      }
    }
  }

 private:
  static int ExitCodeOf(const absl::StatusOr<verify::Result>& result) {
    if (!result.ok()) {
      return kCannotVerify;
    }
    if (!std::all_of(result->containers.begin(), result->containers.end(),
                     [](const verify::Container& container) { return container.conforms(); })) {
      return kNotConforming;
    }
    return result->errors.empty() ? 0 : kCannotVerify;
  }

  std::string TextOf(const verify::Result& result) const {
    return options_.output == "json" ? verify::ToJson(result)
                                     : verify::ToText(result, Columns(), UseColour(options_.color));
  }

  // What was printed last is not printed again. False when nobody takes it.
  bool Print(const absl::StatusOr<verify::Result>& result) {
    std::string said = StrCat(result.status().message(), "\n");
    if (result.ok()) {
      verify::Result timeless = *result;
      timeless.time = {};
      said = TextOf(timeless);
    }
    if (said == last_said_) {
      return true;
    }
    const bool taken =
        result.ok() ? WriteOutput(TextOf(*result)) : std::fputs(said.c_str(), stderr) != EOF;
    last_said_ = std::move(said);
    return taken;
  }

  // False at SIGTERM and SIGINT.
  bool WaitFor(std::chrono::milliseconds time) {
    const int signal = signals_.Wait(time).value_or(0);
    return signal != SIGTERM && signal != SIGINT;
  }

  const VerifyOptions& options_;
  app::Signals signals_;
  std::string last_said_;
};

int Verify(const VerifyOptions& options) {
  if (::geteuid() != 0) {
    (void)std::fputs("sekisho verify: only root is told by the kernel what it must know\n", stderr);
    return kCannotVerify;
  }
  return Watch(options).Run();
}

}  // namespace

void AddVerify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = app.add_subcommand(
      "verify", "Compare what the kernel says of containers with what was decided");
  command->footer(
      "Exits with 0 when all conforms, 1 when something is weaker than it was decided or did not "
      "pass the agent, 2 when that cannot be told.");
  command->add_option("--config", options->config_file, "The agent's configuration")
      ->capture_default_str();
  command->add_flag("--watch", options->watch,
                    "Stay, and print each new result until SIGTERM or SIGINT");
  command->add_option("--interval", options->interval, "With --watch: seconds between two looks")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddColor(*command, options->color);
  command->callback([options, &exit_code] { exit_code = Verify(*options); });
}

}  // namespace sekisho::cli
