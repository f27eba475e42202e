#include "bench/run_cases.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/cases.h"
#include "bench/cpus.h"
#include "bench/measure.h"
#include "bench/process_usage.h"
#include "bench/stub_runtime.h"
#include "bench/ways.h"
#include "support/sekisho_process.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

Pace PaceOf(const Options& options) {
  Pace pace;
  if (options.quick) {
    pace = {.rounds = 1, .block = std::chrono::milliseconds(30)};
  }
  if (options.rounds > 0) {
    pace.rounds = options.rounds;
  }
  return pace;
}

bool Chosen(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::count(names, name) > 0;
}

absl::StatusOr<std::vector<ConnectedWay>> StartWays(const Options& options,
                                                    const testing::TempDir& dir,
                                                    const BenchPod& pod) {
  std::vector<ConnectedWay> ways;
  for (const std::string& name : AllWays()) {
    if (!Chosen(options.ways, name)) {
      continue;
    }
    absl::StatusOr<std::unique_ptr<Way>> way = StartWay(name, {.dir = dir.File(name),
                                                               .upstream = dir.File("runtime.sock"),
                                                               .kubelet_root = pod.kubelet_root(),
                                                               .haproxy = options.haproxy,
                                                               .nginx = options.nginx});
    if (!way.ok()) {
      return absl::Status(way.status().code(), base::StrCat(name, ": ", way.status().message()));
    }
    ways.push_back({.name = name, .way = *std::move(way), .client = nullptr});
  }
  return ways;
}

// The enforcing Sekisho has to know the sandbox before it can judge a container of it. The id.
absl::StatusOr<std::string> RunSandbox(const std::vector<ConnectedWay>& ways, const BenchPod& pod,
                                       const Answers& answers) {
  const Call call = CallOf("RunPodSandbox", pod.RunPodSandbox(), answers);
  std::string id = IdIn(answers.at(call.path).body);
  for (const ConnectedWay& way : ways) {
    if (way.name == kEnforcing) {
      SEKISHO_ASSIGN_OR_RETURN(const std::string answer, way.client->Once(call));
      id = IdIn(answer);
    }
  }
  return id;
}

// That the long way was taken: decoded, judged, edited, judged again.
absl::Status CheckHardened(const std::vector<ConnectedWay>& ways, const testing::TempDir& dir) {
  for (const ConnectedWay& way : ways) {
    if (way.name != kEnforcing) {
      continue;
    }
    // An answer does not wait for its line in the log.
    const std::string file = dir.File(way.name) + "/audit.jsonl";
    const bool hardened = testing::Eventually([&] {
      const std::string log = testing::ReadText(file);
      return log.find("\"method\":\"CreateContainer\",\"decision\":\"harden\"") !=
             std::string::npos;
    });
    if (!hardened) {
      return absl::FailedPreconditionError(
          base::StrCat("the CreateContainer was not hardened:\n", testing::ReadText(file)));
    }
  }
  return absl::OkStatus();
}

std::vector<Memory> MemoryOfAll(const std::vector<ConnectedWay>& ways) {
  std::vector<Memory> memory;
  for (const ConnectedWay& way : ways) {
    memory.push_back(MemoryOf(way.way->pid()));
  }
  return memory;
}

absl::Status RunCases(const std::vector<Case>& cases, const std::vector<ConnectedWay>& ways,
                      const Options& options, Results& results) {
  for (const Case& test : cases) {
    if (Chosen(options.cases, test.name)) {
      std::fprintf(stderr, "%s …\n", test.title.c_str());
      CaseResult result;
      SEKISHO_RETURN_IF_ERROR(Measure(test, ways, PaceOf(options), result));
      results.cases.push_back(std::move(result));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureCases(const Options& options, Results& results) {
  const testing::TempDir dir;
  const BenchPod pod(dir.path());
  const Answers answers = AnswersOfARuntime(/*unique_ids=*/false);
  const Cpus cpus(!options.no_pin);
  cpus.UseFirst();
  const StubRuntime stub(dir.File("runtime.sock"), answers);
  cpus.UseSecond();
  SEKISHO_ASSIGN_OR_RETURN(std::vector<ConnectedWay> ways, StartWays(options, dir, pod));
  cpus.UseFirst();
  const std::vector<Memory> idle = MemoryOfAll(ways);
  for (ConnectedWay& way : ways) {
    SEKISHO_ASSIGN_OR_RETURN(way.client, LoadClient::Connect(way.way->socket()));
    results.versions[way.name] = way.way->version();
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::string sandbox, RunSandbox(ways, pod, answers));
  const std::vector<Case> cases = AllCases(pod, sandbox, answers);
  for (const Case& test : cases) {
    SEKISHO_RETURN_IF_ERROR(CheckSame(test, ways));
  }
  SEKISHO_RETURN_IF_ERROR(CheckHardened(ways, dir));
  SEKISHO_RETURN_IF_ERROR(RunCases(cases, ways, options, results));
  const std::vector<Memory> loaded = MemoryOfAll(ways);
  for (size_t i = 0; i < ways.size(); ++i) {
    if (ways[i].way->pid() != 0) {
      results.memory.push_back({.way = ways[i].name, .idle = idle[i], .loaded = loaded[i]});
    }
  }
  return absl::OkStatus();
}

}  // namespace sekisho::bench
