#include "bench/compare.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace sekisho::bench {
namespace {

template <typename Operation>
std::vector<double> RoundByRound(const std::vector<double>& a, const std::vector<double>& b,
                                 Operation operation) {
  std::vector<double> values(std::min(a.size(), b.size()));
  std::transform(a.begin(), a.begin() + static_cast<ptrdiff_t>(values.size()), b.begin(),
                 values.begin(), operation);
  return values;
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) {
    return 0;
  }
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

std::vector<double> Ratios(const std::vector<double>& a, const std::vector<double>& b) {
  return RoundByRound(a, b, std::divides<>());
}

std::vector<double> Differences(const std::vector<double>& a, const std::vector<double>& b) {
  return RoundByRound(a, b, std::minus<>());
}

double MedianDifference(const std::vector<double>& a, const std::vector<double>& b) {
  return Median(Differences(a, b));
}

double MedianRatio(const std::vector<double>& a, const std::vector<double>& b) {
  return Median(Ratios(a, b));
}

double GrowthPerCall(const LeakResult& leak) {
  if (leak.samples.empty()) {
    return 0;
  }
  const int64_t half = leak.samples.back().calls / 2;
  double count = 0;
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (const LeakResult::Sample& sample : leak.samples) {
    if (sample.calls >= half) {
      const auto x = static_cast<double>(sample.calls);
      const double y = static_cast<double>(sample.memory.rss) * 1024;
      count += 1;
      sum_x += x;
      sum_y += y;
      sum_xx += x * x;
      sum_xy += x * y;
    }
  }
  const double spread = count * sum_xx - sum_x * sum_x;
  return spread > 0 ? (count * sum_xy - sum_x * sum_y) / spread : 0;
}

const CaseResult* FindCase(const Results& results, const std::string& name) {
  const auto found = std::ranges::find(results.cases, name, &CaseResult::name);
  return found == results.cases.end() ? nullptr : &*found;
}

const Figures* FindFigures(const Results& results, const std::string& name,
                           const std::string& way) {
  const CaseResult* const found = FindCase(results, name);
  if (found == nullptr) {
    return nullptr;
  }
  const auto figures = found->ways.find(way);
  return figures == found->ways.end() ? nullptr : &figures->second;
}

}  // namespace sekisho::bench
