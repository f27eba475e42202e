// A summary for people.
#include <algorithm>
#include <array>
#include <utility>

#include "audit/timestamp.h"
#include "base/str_cat.h"
#include "base/style.h"
#include "base/wrapped.h"
#include "replay/replay.h"

namespace sekisho::replay {
namespace {

using base::StrCat;
using base::Tone;

constexpr std::array kOrder = {Change::kNewlyRefused, Change::kNewlyHardened, Change::kNewlyAllowed,
                               Change::kOtherEdits, Change::kOtherReason};

Tone ToneOf(std::string_view action) {
  if (action == policy::ActionName(policy::Action::kDeny)) {
    return Tone::kBad;
  }
  return action == policy::ActionName(policy::Action::kHarden) ? Tone::kChanged : Tone::kGood;
}

Tone ToneOf(Change change) {
  switch (change) {
    case Change::kNewlyRefused:
      return Tone::kBad;
    case Change::kNewlyHardened:
    case Change::kOtherEdits:
      return Tone::kChanged;
    case Change::kNewlyAllowed:
      return Tone::kGood;
    case Change::kOtherReason:
    case Change::kNone:
      break;
  }
  return Tone::kPlain;
}

// "newly refused"
std::string Words(Change change) {
  std::string words(ChangeName(change));
  std::ranges::replace(words, '-', ' ');
  return words;
}

std::string Counted(uint64_t count, std::string_view what) {
  return StrCat(count, " ", what, count == 1 ? "" : "s");
}

std::string RowOf(const Group& group, size_t columns, bool colour) {
  constexpr size_t kCountWidth = 8;
  std::string count = std::to_string(group.count);
  count.insert(0, kCountWidth - std::min(kCountWidth, count.size()), ' ');
  const std::string label = StrCat(count, "  ", group.before, " -> ", group.after);
  const std::string styled =
      StrCat(count, "  ", base::Styled(ToneOf(group.before), group.before, colour), " -> ",
             base::Styled(ToneOf(group.after), group.after, colour));
  const std::string name =
      StrCat(group.namespace_, "/", group.workload,
             group.container.empty() ? " (sandbox)" : StrCat(" container ", group.container));
  // Only our own words are in the label, so that nothing in it was broken or replaced.
  return styled + base::Wrapped(label, name, columns).substr(label.size());
}

std::string Details(const Group& group, size_t columns) {
  const std::string indent(9, ' ');
  return StrCat(base::Wrapped(indent, group.why, columns),
                group.rule.empty() ? ""
                                   : base::Wrapped(indent,
                                                   StrCat("by ", group.rule, ", for instance pod ",
                                                          group.example_pod),
                                                   columns));
}

std::string SectionOf(const Summary& summary, Change change, size_t columns, bool colour) {
  const auto groups =
      static_cast<uint64_t>(std::ranges::count(summary.groups, change, &Group::change));
  if (groups == 0) {
    return "";
  }
  std::string text =
      StrCat(base::Styled(ToneOf(change), Words(change), colour), ": ",
             Counted(summary.CountOf(change), summary.live ? "container" : "request"), " in ",
             Counted(groups, "group"), "\n");
  // Refused before and after: the answer to "what would bite" is the same.
  if (change == Change::kOtherReason) {
    return text +
           base::Wrapped("        ", "refused all the same; -o json has the groups", columns) +
           "\n";
  }
  for (const Group& group : summary.groups) {
    if (group.change == change) {
      text += StrCat(RowOf(group, columns, colour), Details(group, columns));
    }
  }
  return text + "\n";
}

// What the figures do not cover.
std::string Notes(const Summary& summary, size_t columns) {
  std::string text;
  if (summary.dropped > 0) {
    text += base::Wrapped(
        "note",
        StrCat(Counted(summary.dropped, "more group"), " did not fit, and were only counted"),
        columns);
  }
  if (summary.uncertain > 0) {
    text += base::Wrapped("note",
                          StrCat(summary.uncertain, " of the answers may be wrong; of the first, ",
                                 summary.uncertain_why),
                          columns);
  }
  if (summary.without_facts > 0) {
    text += base::Wrapped(
        "note",
        summary.live
            ? StrCat(Counted(summary.without_facts, "container"),
                     " left out: the runtime does not tell how it was made")
            : StrCat(Counted(summary.without_facts, "decision"),
                     " left out: recorded without what they were made from (audit.facts: false, an "
                     "older release, or a very large request)"),
        columns);
  }
  if (summary.errors > 0) {
    text += base::Wrapped("note",
                          StrCat(Counted(summary.errors, "request"),
                                 " left out: refused then for an error, not by a policy"),
                          columns);
  }
  return text;
}

std::string Totals(const Summary& summary) {
  std::string text = summary.live ? StrCat(Counted(summary.decisions, "running container"), ": ")
                                  : StrCat(Counted(summary.decisions, "decision"), " made again: ");
  for (const Change change : kOrder) {
    text += StrCat(summary.CountOf(change), " ", Words(change), ", ");
  }
  text += StrCat(summary.unchanged, " unchanged");
  if (!summary.live && summary.decisions > 0) {
    // To the second is enough for people.
    const auto seconds = [](std::chrono::system_clock::time_point time) {
      return audit::Timestamp(time).substr(0, 19) + "Z";
    };
    text += StrCat("; from ", seconds(summary.first), " to ", seconds(summary.last));
  }
  return text;
}

}  // namespace

std::string ToText(const Summary& summary, size_t columns, bool colour) {
  std::string text;
  for (const Change change : kOrder) {
    text += SectionOf(summary, change, columns, colour);
  }
  return StrCat(text, Notes(summary, columns), base::Wrapped("", Totals(summary), columns));
}

}  // namespace sekisho::replay
