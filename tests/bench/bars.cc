#include "bench/bars.h"

#include <algorithm>

#include "bench/cases.h"
#include "bench/compare.h"
#include "bench/soak_verdict.h"
#include "bench/text.h"
#include "bench/ways.h"

namespace sekisho::bench {
namespace {

constexpr double kKibInMib = 1024;
constexpr double kIdleMib = 20;
constexpr double kLoadedMib = 48;
constexpr int64_t kLeakCalls = 1'000'000;
// A page now and then is no growth; an allocation forgotten in each call is, and takes 16 or more.
constexpr double kGrowthPerCall = 1;
constexpr double kJudgingUs = 30;
constexpr double kPodsRatio = 1.01;

Bar NotMeasured(std::string what) {
  return {.what = std::move(what), .measured = "not measured", .met = {}};
}

// Ways of one case in which both were measured.
struct Compared {
  const Figures* direct;
  const Figures* ours;
  const Figures* theirs;

  Compared(const Results& results, const char* name, const char* other)
      : direct(FindFigures(results, name, kDirect)),
        ours(FindFigures(results, name, kSekisho)),
        theirs(FindFigures(results, name, other)) {}
  bool complete() const { return direct != nullptr && ours != nullptr && theirs != nullptr; }
};

Bar AddedLatency(const Results& results, const char* other, double most) {
  std::string what = Format("64 B, 1 in flight: added p50 at most %.1f x %s's", most, other);
  const Compared compared(results, kSmall1, other);
  if (!compared.complete()) {
    return NotMeasured(std::move(what));
  }
  const std::vector<double> ours = Differences(compared.ours->p50_us, compared.direct->p50_us);
  const std::vector<double> theirs = Differences(compared.theirs->p50_us, compared.direct->p50_us);
  const double ratio = MedianRatio(ours, theirs);
  return {.what = std::move(what),
          .measured = Format("%.2f x (%.1f us, %.1f us)", ratio, Median(ours), Median(theirs)),
          .met = ratio > 0 && ratio <= most};
}

Bar Throughput(const Results& results, const char* name, const char* text, const char* other,
               double least) {
  std::string what = Format("%s: throughput at least %.1f x %s's", text, least, other);
  const Compared compared(results, name, other);
  if (!compared.complete()) {
    return NotMeasured(std::move(what));
  }
  const double ratio = MedianRatio(compared.ours->per_second, compared.theirs->per_second);
  return {.what = std::move(what),
          .measured = Format("%.2f x (%.0f/s, %.0f/s)", ratio, Median(compared.ours->per_second),
                             Median(compared.theirs->per_second)),
          .met = ratio >= least};
}

Bar Judging(const Results& results) {
  std::string what =
      Format("enforced CreateContainer: p50 at most %.0f us over forwarding it", kJudgingUs);
  const Figures* const forwarded = FindFigures(results, kCreate1, kSekisho);
  const Figures* const judged = FindFigures(results, kCreate1, kEnforcing);
  if (forwarded == nullptr || judged == nullptr) {
    return NotMeasured(std::move(what));
  }
  const double more = MedianDifference(judged->p50_us, forwarded->p50_us);
  return {.what = std::move(what), .measured = Format("%+.1f us", more), .met = more <= kJudgingUs};
}

Bar IdleMemory(const Results& results) {
  std::string what = Format("RSS idle at most %.0f MiB", kIdleMib);
  double most = 0;
  for (const WayMemory& memory : results.memory) {
    if (memory.way == kSekisho || memory.way == kEnforcing) {
      most = std::max(most, static_cast<double>(memory.idle.rss) / kKibInMib);
    }
  }
  if (most == 0) {
    return NotMeasured(std::move(what));
  }
  return {.what = std::move(what), .measured = Format("%.1f MiB", most), .met = most <= kIdleMib};
}

Bar LoadedMemory(const Results& results) {
  std::string what = Format("RSS after 1,000,000 calls at most %.0f MiB", kLoadedMib);
  // Of fewer calls nothing follows.
  if (!results.leak.has_value() || results.leak->samples.empty() ||
      results.leak->samples.back().calls < kLeakCalls) {
    return NotMeasured(std::move(what));
  }
  const double mib = static_cast<double>(results.leak->samples.back().memory.rss) / kKibInMib;
  return {.what = std::move(what), .measured = Format("%.1f MiB", mib), .met = mib <= kLoadedMib};
}

Bar Growth(const Results& results) {
  std::string what = Format("RSS grows less than %.0f B a call over the last half", kGrowthPerCall);
  if (!results.leak.has_value() || results.leak->samples.empty() ||
      results.leak->samples.back().calls < kLeakCalls) {
    return NotMeasured(std::move(what));
  }
  const double growth = GrowthPerCall(*results.leak);
  return {.what = std::move(what),
          .measured = Format("%+.3f B", growth),
          .met = growth < kGrowthPerCall};
}

Bar RealPods(const Results& results) {
  std::string what = Format("a real pod, from start to removal: at most %.2f x direct", kPodsRatio);
  if (!results.pods.has_value()) {
    return NotMeasured(std::move(what));
  }
  const auto total = std::ranges::find(results.pods->steps, "total", &Pair::name);
  if (total == results.pods->steps.end()) {
    return NotMeasured(std::move(what));
  }
  const std::vector<double> ratios = Ratios(total->through, total->direct);
  const double ratio = Median(ratios);
  // Pods differ by far more than the bound: how much says what the median is worth.
  return {.what = std::move(what),
          .measured = Format("%.3f x (half of the pairs: %.2f x to %.2f x; %.1f ms, %.1f ms)",
                             ratio, Quantile(ratios, 0.25), Quantile(ratios, 0.75),
                             Median(total->through), Median(total->direct)),
          .met = ratio <= kPodsRatio};
}

}  // namespace

std::vector<Bar> BarsOf(const Results& results) {
  std::vector<Bar> bars = {
      AddedLatency(results, kNginx, 1.2),
      AddedLatency(results, kHaproxy, 1.5),
      Throughput(results, kSmall16, "64 B, 16 in flight", kNginx, 1.0),
      Throughput(results, kSmall16, "64 B, 16 in flight", kHaproxy, 0.8),
      Judging(results),
      Throughput(results, kLists, "1 MiB lists", kHaproxy, 1.0),
      Throughput(results, kStreams, "streams", kHaproxy, 1.0),
      IdleMemory(results),
      LoadedMemory(results),
      Growth(results),
      RealPods(results),
  };
  if (results.soak.has_value()) {
    const std::vector<Bar> of_soak = BarsOf(*results.soak);
    bars.insert(bars.end(), of_soak.begin(), of_soak.end());
  }
  return bars;
}

bool NoneMissed(const std::vector<Bar>& bars) {
  return std::ranges::none_of(bars, [](const Bar& bar) { return bar.met == false; });
}

}  // namespace sekisho::bench
