// What the way through Sekisho costs, beside the ways through haproxy and nginx.
//
// Processes: a stub runtime, the proxies before it, and this one, which calls all of them in turns.
// Figures of one run are comparable with each other, and with nothing else. docs/performance.md
// says what they mean.
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/status_macros.h"
#include "bench/bars.h"
#include "bench/instructions.h"
#include "bench/leak.h"
#include "bench/load.h"
#include "bench/options.h"
#include "bench/page.h"
#include "bench/real_runtime.h"
#include "bench/results_json.h"
#include "bench/run_cases.h"
#include "bench/soak.h"
#include "bench/soak_verdict.h"
#include "bench/svg.h"
#include "bench/table.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

absl::StatusOr<Results> ResultsOf(const Options& options) {
  Results results;
  if (!options.from.empty()) {
    SEKISHO_ASSIGN_OR_RETURN(results, FromJson(testing::ReadText(options.from)));
  }
  if (options.soak > 0) {
    SEKISHO_RETURN_IF_ERROR(MeasureSoak(options, results));
  }
  if (results.soak.has_value()) {
    std::printf("%s\n", LineOf(*results.soak).c_str());
  }
  if (!options.from.empty()) {
    return results;
  }
  results.machine = ThisMachine();
  const bool only_parts = options.leak || options.real || options.soak > 0;
  if (options.all || !only_parts) {
    SEKISHO_RETURN_IF_ERROR(MeasureCases(options, results));
  }
  if (options.all || options.leak) {
    SEKISHO_RETURN_IF_ERROR(MeasureLeak(options, results));
  }
  if (options.all || options.real) {
    SEKISHO_RETURN_IF_ERROR(MeasureRealRuntime(options, results));
  }
  return results;
}

absl::Status Write(const Options& options, const Results& results) {
  if (!options.json.empty()) {
    testing::WriteText(options.json, ToJson(results));
  }
  if (!options.svg.empty()) {
    testing::WriteText(options.svg, SvgOf(results));
  }
  return options.page.empty() ? absl::OkStatus() : WriteIntoPage(results, options.page);
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Main(int argc, char** argv) {
  Options options;
  int exit_code = 0;
  if (!ParseOptions(argc, argv, options, exit_code)) {
    return exit_code;
  }
  // So that what was started is ended, and what was written removed.
  (void)std::signal(SIGINT, Interrupt);
  (void)std::signal(SIGTERM, Interrupt);
  if (!options.instructions.empty()) {
    const absl::Status within = CheckInstructions(options);
    return within.ok() ? 0 : Fail(within);
  }
  const absl::StatusOr<Results> results = ResultsOf(options);
  if (!results.ok()) {
    return Fail(results.status());
  }
  std::fputs(TableOf(*results).c_str(), stdout);
  if (const absl::Status written = Write(options, *results); !written.ok()) {
    return Fail(written);
  }
  return options.check && !NoneMissed(BarsOf(*results)) ? 3 : 0;
}

}  // namespace
}  // namespace sekisho::bench

int main(int argc, char** argv) {
  try {
    return sekisho::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
