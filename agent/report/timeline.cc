#include "report/timeline.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "report/html.h"

namespace sekisho::report {
namespace {

using base::StrCat;
using std::chrono::system_clock;

// Seconds, each a multiple of the one before.
struct Width {
  int64_t seconds;
  std::string_view text;
};
constexpr auto kWidths = std::to_array<Width>({
    {60, "minute"},
    {300, "5 minutes"},
    {900, "15 minutes"},
    {1800, "30 minutes"},
    {3600, "hour"},
    {10800, "3 hours"},
    {21600, "6 hours"},
    {43200, "12 hours"},
    {86400, "day"},
    {604800, "7 days"},
    {2419200, "28 days"},
});
constexpr size_t kBucketsMax = 8192;  // that are kept
constexpr int64_t kBarsMax = 72;      // that are shown

// The picture, in its own units.
constexpr int kWidth = 1080;
constexpr int kHeight = 240;
constexpr int kLeft = 56;
constexpr int kRight = 8;
constexpr int kTop = 12;
constexpr int kBottom = 40;
constexpr int kPlotWidth = kWidth - kLeft - kRight;
constexpr int kPlotHeight = kHeight - kTop - kBottom;

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

int64_t SecondsOf(system_clock::time_point time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

system_clock::time_point TimeOf(int64_t seconds) {
  return system_clock::time_point(std::chrono::seconds(seconds));
}

// What is drawn.
struct Chart {
  size_t step = 0;
  int64_t first = 0;  // the number of the first bucket
  std::vector<Timeline::Bucket> bars;
  uint64_t before = 0;
  uint64_t after = 0;

  int64_t width() const { return kWidths.at(step).seconds; }
  system_clock::time_point TimeOfBar(size_t bar) const {
    return TimeOf((first + static_cast<int64_t>(bar)) * width());
  }
  uint64_t Highest() const {
    uint64_t highest = 1;
    for (const Timeline::Bucket& bar : bars) {
      highest = std::max(highest, bar.total());
    }
    return highest;
  }
};

// The least of 1, 2, 4, 6, 8, 10, 20, 40, … that is not below.
uint64_t RoundUp(uint64_t number) {
  for (uint64_t decade = 1;; decade *= 10) {
    for (const uint64_t factor : {1, 2, 4, 6, 8}) {
      if (factor * decade >= number || decade > UINT64_MAX / 100) {
        return factor * decade;
      }
    }
  }
}

std::string Decimal(double number) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f", number);
  return text.data();
}

// The day alone, or the day of the month and the minute.
std::string AxisTime(system_clock::time_point time, int64_t width) {
  const std::string text = TimeText(time);
  return width >= 86400 ? text.substr(0, text.find(' ')) : text.substr(5, text.size() - 8);
}

std::string BarWords(const Timeline::Bucket& bar) {
  return StrCat(Number(bar.allowed), " allowed, ", Number(bar.hardened), " hardened, ",
                Number(bar.refused), " refused");
}

// One bar: allowed at the bottom, refused on top. Whatever there is gets enough height to be seen.
std::string BarSvg(const Chart& chart, size_t index, uint64_t top) {
  const Timeline::Bucket& bar = chart.bars[index];
  const double slot = static_cast<double>(kPlotWidth) / static_cast<double>(chart.bars.size());
  const double x = kLeft + slot * static_cast<double>(index);
  double y = kTop + kPlotHeight;
  std::string rects;
  const auto stack = [&](uint64_t count, std::string_view css_class) {
    if (count == 0) {
      return;
    }
    const double height =
        std::max(2.0, kPlotHeight * static_cast<double>(count) / static_cast<double>(top));
    y -= height;
    rects += StrCat("<rect class=\"", css_class, "\" x=\"", Decimal(x + 0.5), "\" y=\"", Decimal(y),
                    "\" width=\"", Decimal(std::max(1.0, std::min(slot - 1, 48.0))), "\" height=\"",
                    Decimal(height), "\"/>");
  };
  stack(bar.allowed, "allow");
  stack(bar.hardened, "harden");
  stack(bar.refused, "deny");
  if (rects.empty()) {
    return "";
  }
  return StrCat("<g><title>", TimeText(chart.TimeOfBar(index)), " UTC: ", BarWords(bar), "</title>",
                rects, "</g>\n");
}

std::string AxesSvg(const Chart& chart, uint64_t top) {
  std::string svg;
  const int bottom = kTop + kPlotHeight;
  const auto line = [&svg, bottom](int share, uint64_t value) {
    const int y = bottom - kPlotHeight * share / 2;
    svg += StrCat("<line class=\"grid\" x1=\"", kLeft, "\" x2=\"", kWidth - kRight, "\" y1=\"", y,
                  "\" y2=\"", y, "\"/><text x=\"", kLeft - 8, "\" y=\"", y + 4,
                  "\" text-anchor=\"end\">", Number(value), "</text>\n");
  };
  line(0, 0);
  if (top % 2 == 0) {
    line(1, top / 2);
  }
  line(2, top);
  constexpr size_t kLabels = 6;
  const size_t every = std::max<size_t>(1, (chart.bars.size() + kLabels - 1) / kLabels);
  const double slot = static_cast<double>(kPlotWidth) / static_cast<double>(chart.bars.size());
  for (size_t bar = 0; bar < chart.bars.size(); bar += every) {
    const std::string x = Decimal(kLeft + slot * static_cast<double>(bar));
    svg += StrCat("<line class=\"tick\" x1=\"", x, "\" x2=\"", x, "\" y1=\"", bottom, "\" y2=\"",
                  bottom + 5, "\"/><text x=\"", x, "\" y=\"", bottom + 20, "\">",
                  AxisTime(chart.TimeOfBar(bar), chart.width()), "</text>\n");
  }
  return svg;
}

std::string Svg(const Chart& chart) {
  const uint64_t top = RoundUp(chart.Highest());
  std::string bars;
  for (size_t i = 0; i < chart.bars.size(); ++i) {
    bars += BarSvg(chart, i, top);
  }
  return StrCat(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Chart of "
      "decisions over time\">\n<svg class=\"timeline\" viewBox=\"0 0 ",
      kWidth, " ", kHeight, "\" role=\"img\" aria-labelledby=\"timeline-name\">\n",
      "<title id=\"timeline-name\">Decisions for each ", kWidths.at(chart.step).text,
      "; the table below has the numbers</title>\n", AxesSvg(chart, top), bars, "</svg>\n</div>\n");
}

std::string Legend() {
  std::string items;
  for (const auto& [css_class, text] : std::to_array<std::pair<std::string_view, std::string_view>>(
           {{"allow", "allowed (bottom)"}, {"harden", "hardened"}, {"deny", "refused (top)"}})) {
    items +=
        StrCat("<li><svg class=\"key\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"",
               css_class, "\" width=\"12\" height=\"12\"/></svg> ", text, "</li>");
  }
  return StrCat("<ul class=\"legend\">", items, "</ul>\n");
}

std::string AsTable(const Chart& chart) {
  std::string body;
  for (size_t i = 0; i < chart.bars.size(); ++i) {
    const Timeline::Bucket& bar = chart.bars[i];
    if (bar.total() > 0) {
      body +=
          StrCat("<tr><th scope=\"row\">", TimeElement(chart.TimeOfBar(i)), "</th><td class=\"n\">",
                 Number(bar.allowed), "</td><td class=\"n\">", Number(bar.hardened),
                 "</td><td class=\"n\">", Number(bar.refused), "</td></tr>\n");
    }
  }
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">From (UTC)</th><th scope=\"col\" class=\"n\">Allowed</th>"
      "<th scope=\"col\" class=\"n\">Hardened</th><th scope=\"col\" class=\"n\">Refused</th></tr>";
  return StrCat("<details>\n<summary>The same as a table</summary>\n",
                Table("Decisions over time",
                      StrCat("Decisions for each ", kWidths.at(chart.step).text,
                             "; times without any are left out"),
                      kHead, body, "narrow"),
                "</details>\n");
}

}  // namespace

void Timeline::Bucket::Add(const Bucket& other) {
  allowed += other.allowed;
  hardened += other.hardened;
  refused += other.refused;
}

void Timeline::Add(system_clock::time_point time, policy::Action action) {
  Bucket& bucket = buckets_[FloorDiv(SecondsOf(time), kWidths.at(step_).seconds)];
  switch (action) {
    case policy::Action::kAllow:
      ++bucket.allowed;
      break;
    case policy::Action::kHarden:
      ++bucket.hardened;
      break;
    case policy::Action::kDeny:
      ++bucket.refused;
      break;
  }
  while (buckets_.size() > kBucketsMax && step_ + 1 < kWidths.size()) {
    Widen();
  }
  if (buckets_.size() > kBucketsMax) {
    // Centuries apart: a forged log. The oldest are of no use to anybody.
    const Bucket oldest = buckets_.begin()->second;
    buckets_.erase(buckets_.begin());
    buckets_.begin()->second.Add(oldest);
  }
}

void Timeline::Widen() {
  const int64_t factor = kWidths.at(step_ + 1).seconds / kWidths.at(step_).seconds;
  ++step_;
  Buckets wider;
  for (const auto& [number, bucket] : buckets_) {
    wider[FloorDiv(number, factor)].Add(bucket);
  }
  buckets_ = std::move(wider);
}

std::string Timeline::Html(system_clock::time_point now) const {
  Chart chart;
  int64_t last = INT64_MIN;
  int64_t first = INT64_MAX;
  const int64_t unit = kWidths.at(step_).seconds;
  const int64_t end = FloorDiv(SecondsOf(now), unit);
  for (const auto& [number, bucket] : buckets_) {
    if (number <= end) {
      first = std::min(first, number);
      last = std::max(last, number);
    }
  }
  if (first > last) {
    return buckets_.empty() ? "<p>There was no decision.</p>\n"
                            : "<p>Every decision has a time in the future.</p>\n";
  }
  chart.step = step_;
  while (chart.step + 1 < kWidths.size() &&
         FloorDiv(last * unit, chart.width()) - FloorDiv(first * unit, chart.width()) >= kBarsMax) {
    ++chart.step;
  }
  const int64_t last_bar = FloorDiv(last * unit, chart.width());
  chart.first = std::max(FloorDiv(first * unit, chart.width()), last_bar - kBarsMax + 1);
  chart.bars.resize(static_cast<size_t>(last_bar - chart.first + 1));
  for (const auto& [number, bucket] : buckets_) {
    const int64_t bar = FloorDiv(number * unit, chart.width()) - chart.first;
    if (number > end) {
      chart.after += bucket.total();
    } else if (bar < 0) {
      chart.before += bucket.total();
    } else {
      chart.bars[static_cast<size_t>(bar)].Add(bucket);
    }
  }
  std::string remarks;
  if (chart.before > 0) {
    remarks += StrCat("<p class=\"note\">", Counted(chart.before, "decision is", "decisions are"),
                      " older than the first bar.</p>\n");
  }
  if (chart.after > 0) {
    remarks += StrCat("<p class=\"note\">", Counted(chart.after, "decision has", "decisions have"),
                      " a time in the future, and no bar.</p>\n");
  }
  return StrCat("<p>Decisions for each ", kWidths.at(chart.step).text, ", in UTC.</p>\n", Legend(),
                Svg(chart), remarks, AsTable(chart));
}

}  // namespace sekisho::report
