#include "bench/real_runtime.h"

#include <cstdio>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/real_background.h"
#include "bench/real_pods.h"
#include "bench/results_json.h"
#include "bench/ways.h"
#include "support/isolation.h"
#include "support/node.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::bench {
namespace {

absl::Status MeasureOn(testing::Node& node, bool quick, Results& results) {
  if (const std::string problem = node.Start(); !problem.empty()) {
    return absl::UnavailableError(problem);
  }
  results.versions = {{kEnforcing, SekishoVersion()},
                      {kContainerd, VersionOf({"containerd", "--version"})}};
  std::fprintf(stderr, "real pods …\n");
  SEKISHO_ASSIGN_OR_RETURN(results.pods, MeasurePods(node, quick ? 2 : 50));
  std::fprintf(stderr, "what a kubelet asks each second …\n");
  SEKISHO_ASSIGN_OR_RETURN(results.background, MeasureBackground(node, quick));
  return absl::OkStatus();
}

// In namespaces of its own. What came of it goes to the parent in a file.
int Inside(bool quick, const std::string& file) {
  Results results;
  const std::string missing = testing::MissingForContainers();
  if (!missing.empty()) {
    results.skipped.push_back("real pods: " + missing);
  } else {
    testing::Node node(EnforcingPolicy());
    const absl::Status status = MeasureOn(node, quick, results);
    (void)node.direct().RemoveAllPods();
    if (!status.ok()) {
      std::fprintf(stderr, "--real: %s\n%s", std::string(status.message()).c_str(),
                   node.sekisho().Log().c_str());
      return 1;
    }
  }
  testing::WriteText(file, ToJson(results));
  return 0;
}

}  // namespace

absl::Status MeasureRealRuntime(const Options& options, Results& results) {
  const testing::TempDir dir;
  const std::string file = dir.File("results.json");
  const int code = testing::RunIsolated([&] { return Inside(options.quick, file); });
  if (code != 0) {
    return absl::UnknownError(base::StrCat("--real ended with code ", code));
  }
  SEKISHO_ASSIGN_OR_RETURN(Results inside, FromJson(testing::ReadText(file)));
  results.versions.merge(inside.versions);
  results.pods = std::move(inside.pods);
  results.background = std::move(inside.background);
  results.skipped.insert(results.skipped.end(), inside.skipped.begin(), inside.skipped.end());
  return absl::OkStatus();
}

}  // namespace sekisho::bench
