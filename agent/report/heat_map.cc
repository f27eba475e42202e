#include "report/heat_map.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "report/html.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr size_t kBytesMax = 900'000;
constexpr size_t kCleanNamed = 40;
constexpr std::string_view kOtherChecks = "other checks";

// Where a check stands in the report: its group, and its place in the table of checks.
struct Place {
  size_t group = 0;
  size_t order = 0;
};
constexpr auto kGroups = std::to_array<std::string_view>(
    {"Baseline", "Restricted", "Controls", "The node’s own", "Not known to this release"});

size_t GroupOf(const policy::Check& check) {
  switch (check.kind) {
    case policy::CheckKind::kPodSecurity:
      return check.level == policy::Level::kBaseline ? 0 : 1;
    case policy::CheckKind::kControl:
      return 2;
    case policy::CheckKind::kIntegrity:
      break;
  }
  return 3;
}

Place PlaceOf(std::string_view id) {
  size_t order = 0;
  for (const policy::Check& check : policy::Checks()) {
    if (check.id == id) {
      return {GroupOf(check), order};
    }
    ++order;
  }
  return {kGroups.size() - 1, order};
}

// Four steps, each ten times the one before: a crash loop must not make all else look pale.
size_t StepOf(uint64_t count) {
  size_t step = 1;
  for (uint64_t limit = 10; step < 4 && count >= limit; limit *= 10) {
    ++step;
  }
  return step;
}

std::string InWords(const Counts& counts) {
  std::vector<std::string> parts;
  const auto add = [&parts](uint64_t count, Outcome outcome) {
    if (count > 0) {
      parts.push_back(StrCat(Number(count), " ", OutcomeWord(outcome)));
    }
  };
  add(counts.refused, Outcome::kRefused);
  add(counts.hardened, Outcome::kHardened);
  add(counts.noted, Outcome::kNoted);
  return base::StrJoin(parts, ", ");
}

std::string LegendItem(Outcome outcome, std::string_view text) {
  std::string swatches;
  for (const char step : {'1', '2', '3', '4'}) {
    swatches += StrCat("<i class=\"", OutcomeClass(outcome), step, "\"></i>");
  }
  return StrCat("<li><b class=\"mark\">", OutcomeLetter(outcome),
                "</b><span class=\"swatches\" aria-hidden=\"true\">", swatches, "</span><span>",
                text, "</span></li>");
}

std::string Legend() {
  return StrCat(
      "<ul class=\"legend\">",
      LegendItem(Outcome::kRefused, "<b>refused</b>: the request did not reach the runtime"),
      LegendItem(Outcome::kHardened, "<b>hardened</b>: put right at the node, or would have been"),
      LegendItem(Outcome::kNoted, "<b>audit or warn only</b>: let through as it was"),
      "</ul>\n<p class=\"note\">The number is how many decisions failed the check; shades are "
      "steps "
      "of ten: 1, 10, 100, 1,000. The letter is the worst that became of them.</p>\n");
}

}  // namespace

void HeatMap::Row::Add(const Row& other) {
  decisions += other.decisions;
  total.Add(other.total);
  for (const auto& [check, counts] : other.cells) {
    cells[check].Add(counts);
  }
}

uint16_t HeatMap::NumberOf(const std::string& check) {
  if (const auto known = numbers_.find(check); known != numbers_.end()) {
    return known->second;
  }
  if (checks_.size() + 1 >= kChecksMax) {
    if (checks_.size() < kChecksMax) {
      checks_.emplace_back(kOtherChecks);
    }
    return static_cast<uint16_t>(kChecksMax - 1);
  }
  const auto number = static_cast<uint16_t>(checks_.size());
  checks_.push_back(check);
  numbers_.emplace(check, number);
  return number;
}

void HeatMap::Add(const std::string& name, const std::vector<Found>& findings) {
  auto known = rows_.find(name);
  if (known == rows_.end() && rows_.size() < kNamespacesMax) {
    known = rows_.emplace(name, Row{}).first;
  }
  Row& row = known == rows_.end() ? late_ : known->second;
  ++row.decisions;
  ++all_.decisions;
  for (const Found& one : findings) {
    const uint16_t check = NumberOf(one.violation->check);
    for (Row* each : {&row, &all_}) {
      each->total.Add(one.outcome);
      each->cells[check].Add(one.outcome);
    }
  }
}

std::vector<uint16_t> HeatMap::Columns() const {
  std::vector<std::pair<Place, uint16_t>> places;
  for (const auto& [check, counts] : all_.cells) {
    places.emplace_back(PlaceOf(checks_[check]), check);
  }
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.group, a.first.order, a.second) <
           std::tie(b.first.group, b.first.order, b.second);
  });
  std::vector<uint16_t> columns;
  columns.reserve(places.size());
  for (const auto& [place, check] : places) {
    columns.push_back(check);
  }
  return columns;
}

std::string HeatMap::Head(const std::vector<uint16_t>& columns) const {
  std::string groups;
  std::string names;
  std::string colgroups = "<colgroup span=\"2\"></colgroup>";
  for (size_t begin = 0; begin < columns.size();) {
    const size_t group = PlaceOf(checks_[columns[begin]]).group;
    size_t end = begin;
    while (end < columns.size() && PlaceOf(checks_[columns[end]]).group == group) {
      ++end;
    }
    groups +=
        StrCat("<th scope=\"colgroup\" colspan=\"", end - begin, "\">", kGroups.at(group), "</th>");
    colgroups += StrCat("<colgroup span=\"", end - begin, "\"></colgroup>");
    begin = end;
  }
  for (const uint16_t check : columns) {
    names += StrCat("<th scope=\"col\" class=\"check\"><span>", Escaped(checks_[check], 64),
                    "</span></th>");
  }
  return StrCat(
      "<tr><th scope=\"col\" rowspan=\"2\">Namespace</th><th scope=\"col\" "
      "rowspan=\"2\" class=\"n\">Decisions</th>",
      groups, "</tr>\n<tr>", names, "</tr>");
}

std::string HeatMap::CellHtml(std::string_view name, uint16_t check, const Counts& counts) const {
  const Outcome worst = counts.worst();
  return StrCat("<td class=\"", OutcomeClass(worst), StepOf(counts.total()), "\" title=\"", name,
                " · ", Escaped(checks_[check], 64), ": ", InWords(counts), "\">",
                Number(counts.total()), "<b>", OutcomeLetter(worst), "</b></td>");
}

std::string HeatMap::RowHtml(std::string_view name, const Row& row,
                             const std::vector<uint16_t>& columns, bool is_one) const {
  // A long name is cut for the titles: each cell has it again.
  const std::string shown = is_one ? Escaped(name) : std::string(name);
  const std::string brief = is_one ? Escaped(name, 63) : std::string(name);
  std::string html = StrCat("<tr><th scope=\"row\">", shown.empty() ? "(not known)" : shown,
                            "</th><td class=\"n\">", Number(row.decisions), "</td>");
  for (const uint16_t check : columns) {
    const auto cell = row.cells.find(check);
    html +=
        cell == row.cells.end() ? "<td class=\"none\"></td>" : CellHtml(brief, check, cell->second);
  }
  return html + "</tr>\n";
}

std::string HeatMap::CleanHtml(const std::vector<Named>& clean) const {
  if (clean.empty()) {
    return "";
  }
  std::vector<std::string> names;
  for (const Named& one : clean) {
    if (names.size() < kCleanNamed) {
      names.push_back(one.first.empty() ? "(not known)" : Escaped(one.first, 63));
    }
  }
  const size_t more = clean.size() - names.size();
  return StrCat("<p>No check failed in ", Counted(clean.size(), "namespace", "namespaces"), ": ",
                base::StrJoin(names, ", "),
                more == 0 ? "" : StrCat(", and ", Number(more), " more"), ".</p>\n");
}

std::string HeatMap::NamespacesText() const {
  return StrCat(Number(rows_.size()), late_.decisions > 0 ? "+" : "");
}

std::string HeatMap::Html() const {
  std::vector<Named> failing;
  std::vector<Named> clean;
  for (const auto& [name, row] : rows_) {
    (row.total.total() > 0 ? failing : clean).emplace_back(name, &row);
  }
  std::sort(failing.begin(), failing.end(), [](const Named& a, const Named& b) {
    return a.second->total == b.second->total ? a.first < b.first
                                              : IsWorse(a.second->total, b.second->total);
  });
  std::sort(clean.begin(), clean.end());
  if (failing.empty() && late_.total.total() == 0) {
    return StrCat("<p>No check failed in any decision.</p>\n", CleanHtml(clean));
  }
  const std::vector<uint16_t> columns = Columns();
  Rows body(kRowsMax, kBytesMax);
  Row rest;
  size_t rest_namespaces = 0;
  for (const auto& [name, row] : failing) {
    if (!body.Add(RowHtml(name, *row, columns, true))) {
      rest.Add(*row);
      ++rest_namespaces;
    }
  }
  std::string last;
  if (rest_namespaces > 0 || late_.decisions > 0) {
    rest.Add(late_);
    const std::string name =
        StrCat(Number(rest_namespaces), " further", late_.decisions > 0 ? ", and uncounted" : "");
    last = RowHtml(name, rest, columns, false);
  }
  last += RowHtml("All", all_, columns, false);
  return StrCat(
      Legend(),
      Table("Failed checks by namespace", "Failed checks by namespace, the worst namespaces first",
            Head(columns), StrCat(body.html(), last), "heat"),
      CleanHtml(clean));
}

}  // namespace sekisho::report
