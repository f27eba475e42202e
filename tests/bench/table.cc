#include "bench/table.h"

#include <algorithm>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "bench/bars.h"
#include "bench/compare.h"
#include "bench/soak_verdict.h"
#include "bench/text.h"
#include "bench/ways.h"

namespace sekisho::bench {
namespace {

constexpr size_t kNameWidth = 24;
constexpr size_t kColumnWidth = 10;

// One line: a name, and figures to the right of it.
std::string Row(std::string name, const std::vector<std::string>& columns) {
  name.resize(std::max(name.size(), kNameWidth), ' ');
  for (const std::string& column : columns) {
    const size_t missing = column.size() < kColumnWidth ? kColumnWidth - column.size() : 1;
    name += std::string(missing, ' ') + column;
  }
  return name + "\n";
}

std::string Header(const Results& results) {
  std::vector<std::string> lines = {results.machine};
  for (const std::string way : {kSekisho, kEnforcing, kHaproxy, kNginx, kContainerd}) {
    const auto version = results.versions.find(way);
    // Both of ours are of one version.
    if (version != results.versions.end() && std::ranges::count(lines, version->second) == 0) {
      lines.push_back(version->second);
    }
  }
  return base::StrJoin(lines, "\n") + "\n";
}

std::string CaseTable(const CaseResult& result) {
  const std::string unit = result.unit == "calls" ? "call" : "message";
  std::string text = base::StrCat("\n", result.title, "\n");
  text += Row("", {"p50 us", "added", "p99 us", "added", unit + "s/s", "of direct", "CPU us"});
  const auto direct = result.ways.find(kDirect);
  for (const std::string& way : AllWays()) {
    const auto found = result.ways.find(way);
    if (found == result.ways.end()) {
      continue;
    }
    const Figures& figures = found->second;
    const bool compared = direct != result.ways.end() && way != kDirect;
    const auto if_compared = [compared](const std::string& column) {
      return compared ? column : std::string("-");
    };
    const Figures& base = compared ? direct->second : figures;
    text += Row("  " + way,
                {Figure(Median(figures.p50_us)),
                 if_compared(Figure(MedianDifference(figures.p50_us, base.p50_us))),
                 Figure(Median(figures.p99_us)),
                 if_compared(Figure(MedianDifference(figures.p99_us, base.p99_us))),
                 Figure(Median(figures.per_second)),
                 if_compared(Format("%.2f x", MedianRatio(figures.per_second, base.per_second))),
                 way == kDirect ? "-" : Figure(Median(figures.cpu_us))});
  }
  return text;
}

std::string Mib(int64_t kib) {
  return Format("%.1f", static_cast<double>(kib) / 1024);
}

std::string MemoryTable(const std::vector<WayMemory>& memory) {
  if (memory.empty()) {
    return "";
  }
  std::string text = "\nMemory, MiB, idle and after all of the above\n";
  text += Row("", {"RSS idle", "anon", "file", "RSS after", "anon", "file"});
  for (const WayMemory& way : memory) {
    text += Row("  " + way.way, {Mib(way.idle.rss), Mib(way.idle.anon), Mib(way.idle.file),
                                 Mib(way.loaded.rss), Mib(way.loaded.anon), Mib(way.loaded.file)});
  }
  return text;
}

std::string LeakTable(const LeakResult& leak) {
  std::string text = "\nMemory of the enforcing Sekisho over many calls, MiB\n";
  text += Row("  calls", {"RSS", "anon", "file"});
  constexpr size_t kRows = 10;
  const size_t last = leak.samples.empty() ? 0 : leak.samples.size() - 1;
  for (size_t row = 0; row <= kRows && !leak.samples.empty(); ++row) {
    const LeakResult::Sample& sample = leak.samples[last * row / kRows];
    text += Row("  " + Figure(static_cast<double>(sample.calls)),
                {Mib(sample.memory.rss), Mib(sample.memory.anon), Mib(sample.memory.file)});
  }
  return text + Format("  Growth over the last half: %+.3f bytes a call\n", GrowthPerCall(leak));
}

std::string PairTable(const std::vector<Pair>& pairs) {
  std::string text = Row("", {"direct ms", "through ms", "added ms", "ratio"});
  for (const Pair& pair : pairs) {
    text += Row("  " + pair.name,
                {Format("%.2f", Median(pair.direct)), Format("%.2f", Median(pair.through)),
                 Format("%+.2f", MedianDifference(pair.through, pair.direct)),
                 Format("%.3f", MedianRatio(pair.through, pair.direct))});
  }
  return text;
}

std::string BackgroundTable(const BackgroundResult& background) {
  const double share = background.seconds > 0 ? background.cpu_seconds / background.seconds : 0;
  return base::StrCat(
      Format("\nWhat a kubelet asks each second, real runtime, %lld containers: medians\n",
             static_cast<long long>(background.containers)),
      PairTable(background.calls),
      Format("  Sekisho used %.3f s of CPU in %.1f s: %.2f %% of one CPU\n", background.cpu_seconds,
             background.seconds, share * 100));
}

std::string BarLines(const std::vector<Bar>& bars) {
  std::string text;
  int others = 0;
  for (const Bar& bar : bars) {
    if (bar.met.has_value()) {
      text += Format("  %-6s  %s\n          %s\n", *bar.met ? "met" : "MISSED", bar.what.c_str(),
                     bar.measured.c_str());
    } else {
      ++others;
    }
  }
  return base::StrCat("\nBars\n", text,
                      others > 0 ? Format("  -       not measured in this run: %d\n", others) : "");
}

}  // namespace

std::string TableOf(const Results& results) {
  std::string text = Header(results);
  for (const CaseResult& result : results.cases) {
    text += CaseTable(result);
  }
  text += MemoryTable(results.memory);
  if (results.leak.has_value()) {
    text += LeakTable(*results.leak);
  }
  if (results.pods.has_value()) {
    text += base::StrCat("\nReal pods, ", results.pods->steps.front().direct.size(),
                         " each way, in turns: medians\n", PairTable(results.pods->steps));
  }
  if (results.background.has_value()) {
    text += BackgroundTable(*results.background);
  }
  if (results.soak.has_value()) {
    text += TableOf(*results.soak);
  }
  for (const std::string& skipped : results.skipped) {
    text += base::StrCat("\nNot measured: ", skipped, "\n");
  }
  return text + BarLines(BarsOf(results));
}

}  // namespace sekisho::bench
