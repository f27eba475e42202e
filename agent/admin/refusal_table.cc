#include "admin/refusal_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "admin/times.h"
#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::admin {
namespace {

using base::StrCat;

constexpr size_t kTextMin = 32;  // a narrower column for the text reads badly
constexpr std::string_view kGap = "  ";

struct Row {
  std::string when;
  std::string who;
  std::string count;
  std::string text;
};

Row RowOf(const sekisho::v1::Refusal& refusal, int64_t now_ms) {
  const std::string pod = refusal.pod().empty()
                              ? "(nobody knows whose)"
                              : StrCat(refusal.namespace_(), "/", refusal.pod(),
                                       refusal.container().empty() ? "" : "/", refusal.container());
  return {.when = Ago(refusal.time_ms(), now_ms),
          .who = base::Printable(pod),
          .count = StrCat(std::max(refusal.count(), 1u), "x"),
          .text = StrCat(refusal.method(), ": ", refusal.text(),
                         refusal.error_id().empty() ? "" : StrCat(" [", refusal.error_id(), "]"),
                         refusal.rule().empty() ? "" : StrCat(" (", refusal.rule(), ")"))};
}

size_t WidestOf(const std::vector<Row>& rows, std::string Row::*cell) {
  size_t width = 0;
  for (const Row& row : rows) {
    width = std::max(width, (row.*cell).size());
  }
  return width;
}

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

void PutRefusals(const sekisho::v1::GetStatusResponse& status, TextLayout& out) {
  std::vector<Row> rows;
  for (const sekisho::v1::Refusal& refusal : status.refusals()) {
    rows.push_back(RowOf(refusal, status.now_ms()));
  }
  if (rows.empty()) {
    out.Line("none", "since the agent started");
    return;
  }
  const size_t when = WidestOf(rows, &Row::when);
  const size_t count = WidestOf(rows, &Row::count);
  // One name that is longer than a third of the line gets a line of its own.
  const size_t who = std::min(WidestOf(rows, &Row::who), out.columns() / 3);
  const size_t before_text = when + who + count + 4 * kGap.size();
  const bool wide = before_text + kTextMin <= out.columns();
  for (const Row& row : rows) {
    const std::string head = StrCat(kGap, Padded(row.when, when), kGap, Padded(row.who, who), kGap,
                                    std::string(count - row.count.size(), ' '), row.count);
    if (wide && row.who.size() <= who) {
      out.Paragraph(StrCat(head, " "), row.text);  // the label is followed by one blank more
    } else {
      out.Add(StrCat(wide ? head : StrCat(kGap, row.when, kGap, row.who, kGap, row.count), "\n"));
      out.Paragraph(std::string(wide ? before_text - 1 : 9, ' '), row.text);
    }
  }
}

}  // namespace sekisho::admin
