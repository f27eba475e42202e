#include "cli/seccomp_record.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "cli/terminal.h"
#include "record/asked.h"
#include "record/profile_file.h"
#include "record/recorder.h"
#include "record/report.h"

namespace sekisho::cli {
namespace {

using base::StrCat;

constexpr int kIncomplete = 3;
constexpr int kFailed = 2;

struct RecordOptions {
  std::string namespace_;
  std::string pod = "*";
  std::string container;
  std::string duration = "10m";
  std::string file;
  std::string state = record::kDefaultState;
  std::string report = "text";
  bool force = false;
};

int Fail(std::string_view message) {
  (void)std::fprintf(stderr, "%s\n", std::string(message).c_str());
  return kFailed;
}

// SIGINT and SIGTERM as something to read: they end the recording early, and what was recorded
// until then is written.
base::UniqueFd StopSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
  return base::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

// One line that is written over, on a terminal; nothing elsewhere.
void ShowProgress(const record::Progress& progress) {
  (void)std::fprintf(stderr, "\r\033[K%lld s left, %zu containers, %zu system calls, %llu records",
                     static_cast<long long>(progress.left.count()), progress.containers,
                     progress.calls, static_cast<unsigned long long>(progress.records));
}

absl::StatusOr<record::Evidence> Listen(const RecordOptions& options, record::Recording what,
                                        std::chrono::seconds duration) {
  const base::UniqueFd stop = StopSignals();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  record::RecorderOptions recorder{
      .state = options.state, .what = std::move(what), .duration = duration, .stop_fd = stop.get()};
  recorder.started = [&options, duration] {
    (void)std::fprintf(stderr,
                       "recording containers %s of pods %s/%s that are created in the next %lld s; "
                       "they run with a seccomp profile that refuses nothing\n",
                       options.container.c_str(), options.namespace_.c_str(), options.pod.c_str(),
                       static_cast<long long>(duration.count()));
  };
  if (terminal) {
    recorder.progress = ShowProgress;
  }
  absl::StatusOr<record::Evidence> evidence = record::Record(recorder);
  if (terminal) {
    (void)std::fputs("\r\033[K", stderr);
  }
  return evidence;
}

// Into the file, with what it has. False when it could not be written; the report is made all the
// same, since the recording cannot be had again.
bool Write(const RecordOptions& options, record::Report& report) {
  if (report.evidence.sum.recorded.records == 0) {
    return true;  // nothing learnt: what the file has is better
  }
  absl::StatusOr<std::optional<record::Calls>> earlier =
      record::EarlierCalls(options.file, options.force);
  if (!earlier.ok()) {
    (void)Fail(base::StdView(earlier.status().message()));
    return false;
  }
  record::Calls calls = report.lesson.calls;
  if (earlier->has_value()) {
    calls = record::United(calls, **earlier);
    report.merged = true;
  }
  if (const absl::Status written = record::WriteProfile(options.file, calls); !written.ok()) {
    (void)Fail(base::StdView(written.message()));
    return false;
  }
  report.file = options.file;
  report.in_file = calls.names.size();
  report.conditional = record::ConditionalIn(calls);
  if (absl::StatusOr<record::Comparison> comparison =
          record::WithRuntimeDefault(record::ToProfile(calls));
      comparison.ok()) {
    report.comparison = *std::move(comparison);
  }
  return true;
}

int Record(const RecordOptions& options) {
  const absl::StatusOr<std::chrono::seconds> duration = record::DurationFrom(options.duration);
  if (!duration.ok()) {
    return Fail(StrCat("--for: ", duration.status().message()));
  }
  const absl::StatusOr<record::Recording> what =
      record::RecordingOf(options.namespace_, options.pod, options.container);
  if (!what.ok()) {
    return Fail(base::StdView(what.status().message()));
  }
  // Before the time is spent.
  if (const auto earlier = record::EarlierCalls(options.file, options.force); !earlier.ok()) {
    return Fail(base::StdView(earlier.status().message()));
  }
  absl::StatusOr<record::Evidence> evidence = Listen(options, *what, *duration);
  if (!evidence.ok()) {
    return Fail(StrCat("cannot record: ", evidence.status().message()));
  }
  record::Report report{.lesson = record::Learn(*evidence)};
  report.evidence = *std::move(evidence);
  const bool written = Write(options, report);
  if (!WriteOutput(options.report == "json" ? record::ToJson(report) : record::ToText(report)) ||
      !written) {
    return kFailed;
  }
  return report.lesson.complete() ? 0 : kIncomplete;
}

}  // namespace

void AddSeccompRecord(CLI::App& seccomp, int& exit_code) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* command = seccomp.add_subcommand(
      "record", "Make a profile of what new containers call; they run with audit-all meanwhile");
  command->footer(
      "Exits with 0 when nothing was lost, 3 when the profile may lack calls, 2 on bad input and\n"
      "where nothing can be recorded. SIGINT and SIGTERM end it early.");
  command->add_option("--namespace", options->namespace_, "The pods' namespace")->required();
  command->add_option("--pod", options->pod, "A pod's name, or a pattern with * and ?")
      ->capture_default_str();
  command->add_option("--container", options->container, "The container's name")->required();
  command->add_option("--for", options->duration, "How long, such as 90s, 10m or 1h30m")
      ->capture_default_str();
  command
      ->add_option("-o,--output", options->file,
                   "The profile; what earlier recordings wrote there is kept")
      ->required();
  command->add_flag("--force", options->force, "Write over a file that no recording made");
  command->add_option("--report", options->report, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--state", options->state, "The agent's state directory")
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = Record(*options); });
}

}  // namespace sekisho::cli
