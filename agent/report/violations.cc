#include "report/violations.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "policy/checks.h"
#include "report/fix_list.h"
#include "report/html.h"
#include "report/meanings.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr size_t kBytesMax = 1'200'000;
constexpr size_t kDetailMax = 2000;  // kept of a detail, in bytes

const policy::Check* Find(std::string_view id) {
  for (const policy::Check& check : policy::Checks()) {
    if (check.id == id) {
      return &check;
    }
  }
  return nullptr;
}

std::string KindOf(const policy::Check& check) {
  switch (check.kind) {
    case policy::CheckKind::kPodSecurity:
      return StrCat("Pod Security, ", policy::LevelName(check.level));
    case policy::CheckKind::kControl:
      return "control of the policy";
    case policy::CheckKind::kIntegrity:
      break;
  }
  return "the node’s own";
}

std::string Meaning(std::string_view id) {
  const std::string_view text = MeaningOf(id);
  return text.empty() ? "A check that this release does not know." : Escaped(text, kTextMax);
}

std::string Faint0(uint64_t number) {
  return number == 0 ? "<span class=\"faint\">0</span>" : Number(number);
}

std::string CountsHtml(const Counts& counts) {
  std::string html;
  const auto add = [&html](uint64_t count, Outcome outcome) {
    if (count > 0) {
      html += StrCat("<span class=\"count ", OutcomeClass(outcome), "2\">", Number(count), " ",
                     OutcomeWord(outcome), "</span> ");
    }
  };
  add(counts.refused, Outcome::kRefused);
  add(counts.hardened, Outcome::kHardened);
  add(counts.noted, Outcome::kNoted);
  return html;
}

}  // namespace

void Violations::Add(const audit::Line& line, const std::vector<Found>& findings) {
  if (findings.empty()) {
    return;
  }
  const Workload workload = WorkloadOf(line);
  for (const Found& one : findings) {
    auto check = checks_.find(one.violation->check);
    if (check == checks_.end()) {
      if (checks_.size() >= kChecksMax) {
        ++late_;
        continue;
      }
      check = checks_.emplace(one.violation->check, Check{}).first;
    }
    check->second.counts.Add(one.outcome);
    auto& workloads = check->second.workloads;
    if (workloads.size() >= kWorkloadsMax && !workloads.contains(workload)) {
      ++check->second.late;
      continue;
    }
    Failing& failing = workloads[workload];
    failing.counts.Add(one.outcome);
    failing.last = std::max(failing.last, line.time);
    if (failing.detail != one.violation->detail) {
      failing.detail = one.violation->detail.substr(0, kDetailMax);
    }
  }
}

Violations::Ranked Violations::RankedOf(const Check& check) {
  Ranked ranked;
  ranked.reserve(check.workloads.size());
  for (const auto& [workload, failing] : check.workloads) {
    ranked.emplace_back(&workload, &failing);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return IsWorse(a.second->counts, b.second->counts);
  });
  return ranked;
}

std::string Violations::WorkloadsHtml(const Check& check, const Ranked& ranked) {
  std::string body;
  for (size_t i = 0; i < ranked.size() && i < kWorkloadsShown; ++i) {
    const auto& [workload, failing] = ranked[i];
    body += StrCat("<tr><th scope=\"row\">", HtmlOf(*workload), "</th><td class=\"n\">",
                   Faint0(failing->counts.refused), "</td><td class=\"n\">",
                   Faint0(failing->counts.hardened), "</td><td class=\"n\">",
                   Faint0(failing->counts.noted), "</td><td>", TimeElement(failing->last),
                   "</td></tr>\n");
  }
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">Workload</th><th scope=\"col\" class=\"n\">Refused</th>"
      "<th scope=\"col\" class=\"n\">Hardened</th><th scope=\"col\" class=\"n\">Audit, warn</th>"
      "<th scope=\"col\">Last (UTC)</th></tr>";
  const size_t more = ranked.size() > kWorkloadsShown ? ranked.size() - kWorkloadsShown : 0;
  const std::string caption =
      StrCat(check.late > 0 ? "More than " : "", Counted(ranked.size(), "workload", "workloads"),
             more == 0 ? "" : StrCat("; ", Number(more), " more than are shown"));
  return Table("Workloads that fail the check", caption, kHead, body);
}

std::vector<FailingWorkload> Violations::DetailsOf(const Ranked& ranked) {
  std::vector<FailingWorkload> details;
  details.reserve(ranked.size());
  for (const auto& [workload, failing] : ranked) {
    details.push_back({workload, failing->detail});
  }
  return details;
}

std::string Violations::CheckHtml(std::string_view id, const Check& check) {
  const Ranked ranked = RankedOf(check);
  const policy::Check* known = Find(id);
  return StrCat("<article>\n<h3><code>", Escaped(id, 64), "</code> <span class=\"kind\">",
                known == nullptr ? "" : KindOf(*known), "</span></h3>\n<p class=\"counts\">",
                CountsHtml(check.counts), "</p>\n<p>", Meaning(id),
                "</p>\n<div class=\"pair\">\n<div>\n", WorkloadsHtml(check, ranked),
                "</div>\n<div>\n", FixesHtml(id, DetailsOf(ranked)),
                "</div>\n</div>\n</article>\n");
}

std::string Violations::RestHtml(const std::vector<Named>& rest) {
  if (rest.empty()) {
    return "";
  }
  std::string body;
  for (const auto& [id, check] : rest) {
    body +=
        StrCat("<tr><th scope=\"row\"><code>", Escaped(id, 64), "</code></th><td class=\"n\">",
               Faint0(check->counts.refused), "</td><td class=\"n\">",
               Faint0(check->counts.hardened), "</td><td class=\"n\">", Faint0(check->counts.noted),
               "</td><td class=\"n\">", Number(check->workloads.size()), check->late > 0 ? "+" : "",
               "</td><td>", Meaning(id), "</td></tr>\n");
  }
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">Check</th><th scope=\"col\" class=\"n\">Refused</th>"
      "<th scope=\"col\" class=\"n\">Hardened</th><th scope=\"col\" class=\"n\">Audit, warn</th>"
      "<th scope=\"col\" class=\"n\">Workloads</th><th scope=\"col\">What it is for</th></tr>";
  return Table("Further failed checks", "The other checks that failed", kHead, body);
}

std::string Violations::Html() const {
  if (checks_.empty()) {
    return "<p>No check failed in any decision.</p>\n";
  }
  std::vector<Named> all;
  all.reserve(checks_.size());
  for (const auto& [id, check] : checks_) {
    all.emplace_back(id, &check);
  }
  std::sort(all.begin(), all.end(), [](const Named& a, const Named& b) {
    return a.second->counts == b.second->counts ? a.first < b.first
                                                : IsWorse(a.second->counts, b.second->counts);
  });
  Rows shown(kChecksShown, kBytesMax);
  std::vector<Named> rest;
  for (const Named& one : all) {
    if (shown.full() || !shown.Add(CheckHtml(one.first, *one.second))) {
      rest.push_back(one);
    }
  }
  std::string note =
      "<p>The lines are those of a Pod; in a Deployment and its like they stand below "
      "<code>spec.template</code>. What is given is set, and all else stays; a list, but for "
      "containers and volumes, takes the place of the one that is there. A container may also "
      "stand "
      "in <code>initContainers</code>.</p>\n";
  if (late_ > 0) {
    note += StrCat("<p class=\"note\">", Counted(late_, "failure is", "failures are"),
                   " not shown: the log has more checks than there can be.</p>\n");
  }
  return StrCat(note, shown.html(), RestHtml(rest));
}

}  // namespace sekisho::report
