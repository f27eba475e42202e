#include "bench/soak_verdict.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "bench/compare.h"
#include "bench/text.h"

namespace sekisho::bench {
namespace {

using Process = SoakResult::Process;
using Sample = SoakResult::Sample;
using Value = std::function<double(const Sample&)>;

constexpr double kSlackKib = 1024;          // memory that comes and goes with nothing behind it
constexpr double kAnonKibMost = 36 * 1024;  // with the program's own 12 MiB the bar of --leak
constexpr double kSlackFds = 2;
constexpr double kSlowerP99 = 1.25;

// Of the samples, from one third to another: [0, 3) is all of them.
std::vector<double> Thirds(const SoakResult& soak, size_t from, size_t to, const Value& value) {
  std::vector<double> values;
  const size_t size = soak.samples.size();
  for (size_t i = size * from / 3; i < size * to / 3; ++i) {
    values.push_back(value(soak.samples[i]));
  }
  return values;
}

double OfThird(const SoakResult& soak, size_t third, const Value& value) {
  return Median(Thirds(soak, third, third + 1, value));
}

Bar FlatMemory(const SoakResult& soak, const char* who, Process Sample::*process) {
  const Trend trend = TrendOf(Thirds(soak, 1, 3, [process](const Sample& sample) {
    return static_cast<double>((sample.*process).heap_kib);
  }));
  return {.what = Format("soak: heap of the agent before %s is flat over the last two thirds", who),
          .measured = Format("%+.0f KiB, noise %.0f KiB, bound %.0f KiB", trend.growth, trend.noise,
                             std::max(trend.noise, kSlackKib)),
          .met = trend.growth <= std::max(trend.noise, kSlackKib)};
}

Bar BoundedMemory(const SoakResult& soak, const char* who, Process Sample::*process) {
  int64_t most = 0;
  for (const Sample& sample : soak.samples) {
    most = std::max(most, (sample.*process).anon_kib);
  }
  return {.what = Format("soak: anonymous memory of the agent before %s at most %.0f MiB", who,
                         kAnonKibMost / 1024),
          .measured = Format("%.1f MiB", static_cast<double>(most) / 1024),
          .met = static_cast<double>(most) <= kAnonKibMost};
}

Bar FlatFds(const SoakResult& soak, const char* who, Process Sample::*process) {
  const Value fds = [process](const Sample& sample) {
    return static_cast<double>((sample.*process).fds);
  };
  const double first = OfThird(soak, 0, fds);
  const double last = OfThird(soak, 2, fds);
  return {.what = Format("soak: no more descriptors of the agent before %s", who),
          .measured = Format("%.0f in the first third, %.0f in the last", first, last),
          .met = last <= first + kSlackFds};
}

Bar StableLatency(const SoakResult& soak) {
  const auto of_third = [&](size_t third, double Sample::*member) {
    return OfThird(soak, third, [=](const Sample& sample) { return sample.*member; });
  };
  const double first = of_third(0, &Sample::p99_us);
  const double last = of_third(2, &Sample::p99_us);
  const double direct_first = of_third(0, &Sample::direct_p99_us);
  const double direct_last = of_third(2, &Sample::direct_p99_us);
  // A machine that is slower meanwhile is so without the agent, too. One that is faster is no
  // excuse.
  const double machine = direct_first > 0 ? std::max(1.0, direct_last / direct_first) : 1;
  return {
      .what = Format("soak: p99 of the last third at most %.2f x that of the first", kSlowerP99),
      .measured =
          Format("%.2f x (%.0f us, %.0f us); directly %.0f us, %.0f us",
                 first > 0 ? last / first / machine : 0, last, first, direct_last, direct_first),
      .met = first > 0 && last <= kSlowerP99 * machine * first};
}

// Medians, since what one moment says of the heap is what waits just then to be written.
nlohmann::json SpanOf(const SoakResult& soak, const Value& value) {
  const std::vector<double> all = Thirds(soak, 0, 3, value);
  return {{"firstThird", std::round(OfThird(soak, 0, value))},
          {"max", all.empty() ? 0 : *std::max_element(all.begin(), all.end())},
          {"lastThird", std::round(OfThird(soak, 2, value))}};
}

nlohmann::json SpansOf(const SoakResult& soak, Process Sample::*process) {
  const auto of = [&](int64_t Process::*member) {
    return SpanOf(
        soak, [=](const Sample& sample) { return static_cast<double>(sample.*process.*member); });
  };
  return {{"anonKib", of(&Process::anon_kib)},
          {"heapKib", of(&Process::heap_kib)},
          {"fds", of(&Process::fds)},
          {"threads", of(&Process::threads)}};
}

nlohmann::json LatencyOf(const SoakResult& soak, size_t third) {
  const auto of = [&](double Sample::*member) {
    return std::round(OfThird(soak, third, [=](const Sample& s) { return s.*member; }));
  };
  return {{"p50Us", of(&Sample::p50_us)},
          {"p99Us", of(&Sample::p99_us)},
          {"p999Us", of(&Sample::p999_us)},
          {"directP99Us", of(&Sample::direct_p99_us)}};
}

std::string ProcessText(const Process& process) {
  return Format("%9.1f %9.1f %5lld %4lld", static_cast<double>(process.anon_kib) / 1024,
                static_cast<double>(process.heap_kib) / 1024, static_cast<long long>(process.fds),
                static_cast<long long>(process.threads));
}

}  // namespace

Trend TrendOf(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  if (values.size() < 3) {
    return {};
  }
  const double middle = (count - 1) / 2;
  double mean = 0;
  for (const double value : values) {
    mean += value / count;
  }
  double squares = 0;
  double products = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    squares += x * x;
    products += x * (values[i] - mean);
  }
  const double slope = products / squares;
  double residue = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double off = values[i] - mean - slope * (static_cast<double>(i) - middle);
    residue += off * off;
  }
  const double error = std::sqrt(residue / (count - 2) / squares);
  return {.growth = slope * (count - 1), .noise = 3 * error * (count - 1)};
}

std::vector<Bar> BarsOf(const SoakResult& soak) {
  std::vector<Bar> bars = {
      FlatMemory(soak, "the stub", &Sample::loaded),
      BoundedMemory(soak, "the stub", &Sample::loaded),
      FlatFds(soak, "the stub", &Sample::loaded),
      StableLatency(soak),
      {.what = "soak: no errors",
       .measured =
           Format("%lld%s%s", static_cast<long long>(soak.errors),
                  soak.first_error.empty() ? "" : ", the first: ", soak.first_error.c_str()),
       .met = soak.errors == 0},
      {.what = "soak: nothing forbidden was forwarded",
       .measured = Format("%lld of %lld", static_cast<long long>(soak.wrongly_forwarded),
                          static_cast<long long>(soak.wrongly_forwarded + soak.refused)),
       .met = soak.wrongly_forwarded == 0 && soak.refused > 0}};
  if (soak.live > 0) {
    bars.push_back(FlatMemory(soak, "containerd", &Sample::node));
    bars.push_back(BoundedMemory(soak, "containerd", &Sample::node));
    bars.push_back(FlatFds(soak, "containerd", &Sample::node));
    bars.push_back({.what = "soak: every container is as it was decided at the end",
                    .measured = soak.verify.empty()
                                    ? Format("%lld", static_cast<long long>(soak.live))
                                    : soak.verify,
                    .met = soak.verify.empty()});
  }
  return bars;
}

std::string TableOf(const SoakResult& soak) {
  constexpr size_t kRows = 10;
  std::string text = Format(
      "\nSoak: %.1f minutes, %s calls, %lld errors; %lld real pods at a time, %s replaced\n"
      "  %-7s %8s %8s %8s %9s %8s %30s %30s\n"
      "  %-7s %8s %8s %8s %9s %8s %9s %9s %5s %4s %9s %9s %5s %4s\n",
      soak.minutes, Figure(static_cast<double>(soak.calls)).c_str(),
      static_cast<long long>(soak.errors), static_cast<long long>(soak.live),
      Figure(static_cast<double>(soak.pods)).c_str(), "", "", "", "", "", "direct",
      "agent before the stub", "before containerd", "minute", "calls/s", "p50 us", "p99 us",
      "p99.9 us", "p99 us", "anon MiB", "heap MiB", "fds", "thr", "anon MiB", "heap MiB", "fds",
      "thr");
  const size_t count = soak.samples.size();
  for (size_t row = 1; row <= std::min(kRows, count); ++row) {
    const size_t i = count * row / std::min(kRows, count) - 1;
    const Sample& sample = soak.samples[i];
    const double minute = soak.minutes * static_cast<double>(i + 1) / static_cast<double>(count);
    text += Format("  %-7.1f %8.0f %8.0f %8.0f %9.0f %8.0f ", minute, sample.per_second,
                   sample.p50_us, sample.p99_us, sample.p999_us, sample.direct_p99_us) +
            ProcessText(sample.loaded) + " " + ProcessText(sample.node) + "\n";
  }
  return text;
}

std::string LineOf(const SoakResult& soak) {
  const double seconds = soak.minutes * 60;
  const nlohmann::json line = {{"minutes", soak.minutes},
                               {"calls", soak.calls},
                               {"perSecond", std::round(static_cast<double>(soak.calls) / seconds)},
                               {"podsAtATime", soak.live},
                               {"podsReplaced", soak.pods},
                               {"errors", soak.errors},
                               {"refused", soak.refused},
                               {"wronglyForwarded", soak.wrongly_forwarded},
                               {"verify", soak.verify},
                               {"loaded", SpansOf(soak, &Sample::loaded)},
                               {"node", SpansOf(soak, &Sample::node)},
                               {"firstThird", LatencyOf(soak, 0)},
                               {"lastThird", LatencyOf(soak, 2)},
                               {"good", NoneMissed(BarsOf(soak))}};
  return line.dump();
}

}  // namespace sekisho::bench
