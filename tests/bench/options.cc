#include "bench/options.h"

#include <CLI/CLI.hpp>

#include "bench/cases.h"
#include "bench/ways.h"

namespace sekisho::bench {

bool ParseOptions(int argc, char** argv, Options& options, int& exit_code) {
  CLI::App app("What the way through Sekisho costs, beside the ways through haproxy and nginx.");
  app.add_option("--rounds", options.rounds, "Rounds of each case (21)")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--quick", options.quick, "A few calls: whether it works, not how fast it is");
  app.add_option("--case", options.cases, "Only this case; may be given more than once")
      ->check(CLI::IsMember({kSmall1, kSmall16, kCreate1, kCreate16, kLists, kStreams}));
  app.add_option("--ways", options.ways, "Only these ways, with commas between them")
      ->delimiter(',')
      ->check(CLI::IsMember(AllWays()));
  app.add_option("--json", options.json, "Write the results there, as JSON");
  app.add_option("--svg", options.svg, "Write them there, as a picture");
  app.add_option("--page", options.page, "Replace the results in this Markdown file");
  app.add_option("--from", options.from, "Measure nothing: read a file that --json wrote")
      ->check(CLI::ExistingFile);
  app.add_flag("--leak", options.leak, "Instead: a million calls, and what becomes of the memory");
  app.add_option("--leak-calls", options.leak_calls, "How many calls --leak makes")
      ->check(CLI::Range(int64_t{100}, int64_t{1'000'000'000}));
  app.add_flag("--real", options.real, "Instead: real pods of a private containerd, as root");
  app.add_option(
         "--soak", options.soak,
         "Instead: so many minutes of calls without a pause, and of real pods that come and "
         "go (as root). With --from it adds to the results of that file")
      ->check(CLI::Range(0.05, 10'000.0));
  app.add_flag("--all", options.all, "The cases, and what --leak and --real measure");
  app.add_flag("--check", options.check, "Fail when a bar is missed");
  app.add_flag("--no-pin", options.no_pin,
               "Leave it to the scheduler which process runs on which CPU");
  app.add_option("--instructions", options.instructions,
                 "Instead: instructions of a call, under valgrind, and whether they are within the "
                 "limits of this file")
      ->check(CLI::ExistingFile);
  app.add_option("--callgrind", options.callgrind,
                 "With --instructions: where to leave callgrind's profiles")
      ->check(CLI::ExistingDirectory);
  app.add_option("--haproxy", options.haproxy, "The haproxy to measure");
  app.add_option("--nginx", options.nginx, "The nginx to measure");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return false;
  }
  return true;
}

}  // namespace sekisho::bench
