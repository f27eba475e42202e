#include "bench/measure.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/process_usage.h"

namespace sekisho::bench {
namespace {

// The same call until the time is over.
class Steady : public CallSource {
 public:
  Steady(const Call& call, std::chrono::milliseconds time)
      : call_(call), until_ns_(NowNs() + std::chrono::nanoseconds(time).count()) {}
  const Call* Next(size_t /*lane*/) override { return NowNs() < until_ns_ ? &call_ : nullptr; }

 private:
  const Call& call_;
  const int64_t until_ns_;
};

const Call* CallFor(const Case& test, const std::string& way) {
  if (way != kEnforcing) {
    return &test.call;
  }
  return test.judged.has_value() ? &*test.judged : nullptr;
}

absl::Status RunBlock(const ConnectedWay& way, const Case& test, const Call& call,
                      std::chrono::milliseconds time, Block& block) {
  Steady source(call, time);
  absl::Status status = way.client->Run(source, test.lanes, block);
  if (status.ok() && block.failed > 0) {
    status = absl::UnknownError(
        base::StrCat(block.failed, " calls failed, first: ", block.first_failure));
  }
  if (!status.ok()) {
    const std::string log = way.way->log();
    return {status.code(), base::StrCat(test.name, ", ", way.name, ": ", status.message(),
                                        log.empty() ? "" : "\n", log)};
  }
  return status;
}

// To a nanosecond: the rest is no measurement.
double Rounded(double microseconds) {
  return std::round(microseconds * 1000) / 1000;
}
double Microseconds(int64_t ns) {
  return static_cast<double>(ns) / 1000;
}

void Add(const Case& test, Block& block, int64_t cpu_ns, Figures& figures) {
  std::ranges::sort(block.latencies_ns);
  const size_t count = block.latencies_ns.size();
  const double units = static_cast<double>(count) * test.units_per_call;
  figures.p50_us.push_back(Microseconds(block.latencies_ns[count / 2]));
  figures.p99_us.push_back(Microseconds(block.latencies_ns[count * 99 / 100]));
  figures.per_second.push_back(Rounded(units * 1e9 / static_cast<double>(block.took_ns)));
  figures.cpu_us.push_back(Rounded(Microseconds(cpu_ns) / units));
}

}  // namespace

absl::Status CheckSame(const Case& test, const std::vector<ConnectedWay>& ways) {
  std::string expected;
  for (const ConnectedWay& way : ways) {
    const Call* const call = CallFor(test, way.name);
    if (call == nullptr) {
      continue;
    }
    SEKISHO_ASSIGN_OR_RETURN(const std::string answer, way.client->Once(*call));
    if (expected.empty()) {
      expected = answer;
    } else if (answer != expected) {
      return absl::DataLossError(
          base::StrCat(test.name, ": ", way.name, " answers with other bytes than ", ways[0].name));
    }
  }
  return absl::OkStatus();
}

absl::Status Measure(const Case& test, const std::vector<ConnectedWay>& ways, const Pace& pace,
                     CaseResult& result) {
  result = {.name = test.name, .title = test.title, .unit = test.unit, .ways = {}};
  // Round -1 warms up: caches, pools of memory, connections to the runtime.
  for (int round = -1; round < pace.rounds; ++round) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const ConnectedWay& way = ways[(i + static_cast<size_t>(round + 1)) % ways.size()];
      const Call* const call = CallFor(test, way.name);
      if (call == nullptr) {
        continue;
      }
      Block block;
      const int64_t cpu_before = CpuTimeNs(way.way->pid());
      SEKISHO_RETURN_IF_ERROR(
          RunBlock(way, test, *call, round < 0 ? pace.block / 4 : pace.block, block));
      if (round >= 0) {
        const bool is_process = way.way->pid() != 0;
        Add(test, block, is_process ? CpuTimeNs(way.way->pid()) - cpu_before : 0,
            result.ways[way.name]);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace sekisho::bench
