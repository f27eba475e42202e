#include "bench/svg.h"

#include <algorithm>
#include <vector>

#include "base/str_cat.h"
#include "bench/cases.h"
#include "bench/compare.h"
#include "bench/text.h"
#include "bench/ways.h"

namespace sekisho::bench {
namespace {

constexpr int kWidth = 860;
constexpr int kMargin = 24;
constexpr int kNameWidth = 96;    // of a way, left of its bar
constexpr int kFigureWidth = 84;  // right of it
constexpr int kPanelGap = 36;
constexpr int kBarHeight = 18;
constexpr int kBarGap = 6;
constexpr int kHeadHeight = 34;  // the title of a panel
constexpr int kPanelWidth = (kWidth - 2 * kMargin - kPanelGap) / 2;

struct Row {
  std::string way;
  double value = 0;
};

struct Panel {
  std::string title;
  std::vector<Row> rows;
};

// The colours have the same contrast to a white and to a dark page, and differ in lightness too.
constexpr char kStyle[] =
    "<style>\n"
    "  text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }\n"
    "  .title { font-weight: 600 }\n"
    "  .page { fill: #ffffff }\n"
    "  .direct { fill: #8c959f } .sekisho { fill: #0969da } .enforcing { fill: #54a3ff }\n"
    "  .haproxy { fill: #bf8700 } .nginx { fill: #2da44e }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    text { fill: #e6edf3 } .page { fill: #0d1117 }\n"
    "    .direct { fill: #768390 } .sekisho { fill: #4493f8 } .enforcing { fill: #a5d0ff }\n"
    "    .haproxy { fill: #d29922 } .nginx { fill: #3fb950 }\n"
    "  }\n"
    "</style>\n";

Panel AddedLatency(const Results& results, const char* name, const std::string& title) {
  Panel panel{.title = title, .rows = {}};
  const Figures* const direct = FindFigures(results, name, kDirect);
  for (const std::string& way : AllWays()) {
    const Figures* const figures = FindFigures(results, name, way);
    if (direct != nullptr && figures != nullptr && way != kDirect) {
      panel.rows.push_back({way, MedianDifference(figures->p50_us, direct->p50_us)});
    }
  }
  return panel;
}

Panel OfEach(const Results& results, const char* name, const std::string& title,
             std::vector<double> Figures::*what, bool with_direct) {
  Panel panel{.title = title, .rows = {}};
  for (const std::string& way : AllWays()) {
    const Figures* const figures = FindFigures(results, name, way);
    if (figures != nullptr && (with_direct || way != kDirect)) {
      panel.rows.push_back({way, Median(figures->*what)});
    }
  }
  return panel;
}

std::vector<Panel> PanelsOf(const Results& results) {
  std::vector<Panel> panels = {
      AddedLatency(results, kSmall1, "64 B, 1 in flight: added p50, µs"),
      OfEach(results, kSmall1, "64 B, 1 in flight: CPU, µs a call", &Figures::cpu_us, false),
      AddedLatency(results, kCreate1, "CreateContainer, 1 in flight: added p50, µs"),
      OfEach(results, kCreate1, "CreateContainer, 1 in flight: CPU, µs a call", &Figures::cpu_us,
             false),
      OfEach(results, kSmall16, "64 B, 16 in flight: calls/s", &Figures::per_second, true),
      OfEach(results, kCreate16, "CreateContainer, 16 in flight: calls/s", &Figures::per_second,
             true),
      OfEach(results, kLists, "ListContainers, 1 MiB: calls/s", &Figures::per_second, true),
      OfEach(results, kStreams, "Streams: messages/s", &Figures::per_second, true),
  };
  std::erase_if(panels, [](const Panel& panel) { return panel.rows.empty(); });
  return panels;
}

int HeightOf(const Panel& panel) {
  return kHeadHeight + static_cast<int>(panel.rows.size()) * (kBarHeight + kBarGap);
}

std::string Text(int x, int y, const char* attributes, const std::string& text) {
  return Format("<text x=\"%d\" y=\"%d\"%s>", x, y, attributes) + text + "</text>\n";
}

std::string Draw(const Panel& panel, int x, int y) {
  std::string out = Text(x, y + 16, " class=\"title\"", panel.title);
  double most = 0;
  for (const Row& row : panel.rows) {
    most = std::max(most, row.value);
  }
  int top = y + kHeadHeight - kBarGap;
  for (const Row& row : panel.rows) {
    const double share = most > 0 ? std::max(row.value, 0.0) / most : 0;
    const double length = std::max(1.0, share * (kPanelWidth - kNameWidth - kFigureWidth));
    out += Text(x + kNameWidth - 8, top + 14, " text-anchor=\"end\"", row.way);
    out += Format("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n",
                  row.way.c_str(), x + kNameWidth, top, length, kBarHeight);
    out += Text(x + kNameWidth + static_cast<int>(length) + 6, top + 14, "", Figure(row.value));
    top += kBarHeight + kBarGap;
  }
  return out;
}

}  // namespace

std::string SvgOf(const Results& results) {
  const std::vector<Panel> panels = PanelsOf(results);
  std::string body;
  int y = kMargin;
  for (size_t i = 0; i < panels.size(); i += 2) {
    int height = HeightOf(panels[i]);
    body += Draw(panels[i], kMargin, y);
    if (i + 1 < panels.size()) {
      body += Draw(panels[i + 1], kMargin + kPanelWidth + kPanelGap, y);
      height = std::max(height, HeightOf(panels[i + 1]));
    }
    y += height + kMargin;
  }
  return base::StrCat(
      Format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
             "height=\"%d\" role=\"img\">\n",
             kWidth, y, kWidth, y),
      "<title>Sekisho beside haproxy and nginx</title>\n", kStyle,
      Format("<rect class=\"page\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", kWidth, y), body,
      "</svg>\n");
}

}  // namespace sekisho::bench
