#include "report/refusals.h"

#include <algorithm>
#include <vector>

#include "base/str_cat.h"
#include "report/html.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr size_t kBytesMax = 500'000;
constexpr size_t kWhyMax = 2000;  // kept, in bytes

}  // namespace

void Refusals::Add(const audit::Line& line) {
  const std::string& why = line.error_id.empty() ? line.message : line.error;
  Group& group = groups_[{WorkloadOf(line), line.method, why.substr(0, kWhyMax)}];
  ++group.count;
  if (group.count == 1 || line.time >= group.last) {
    group.last = line.time;
    group.pod = line.pod.name;
    group.error_id = line.error_id;
  }
  if (groups_.size() > kKept) {
    ForgetOldest();
  }
}

void Refusals::ForgetOldest() {
  std::vector<std::map<Key, Group>::iterator> all;
  all.reserve(groups_.size());
  for (auto it = groups_.begin(); it != groups_.end(); ++it) {
    all.push_back(it);
  }
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end(),
                   [](const auto& a, const auto& b) { return a->second.last < b->second.last; });
  for (auto it = all.begin(); it != middle; ++it) {
    forgotten_ += (*it)->second.count;
    groups_.erase(*it);
  }
}

std::string Refusals::Html() const {
  if (groups_.empty()) {
    return "<p>Nothing was refused.</p>\n";
  }
  std::vector<const std::map<Key, Group>::value_type*> newest;
  newest.reserve(groups_.size());
  for (const auto& group : groups_) {
    newest.push_back(&group);
  }
  std::stable_sort(newest.begin(), newest.end(),
                   [](const auto* a, const auto* b) { return a->second.last > b->second.last; });
  Rows rows(kShown, kBytesMax);
  uint64_t left_out = forgotten_;
  for (const auto* one : newest) {
    const auto& [workload, method, why] = one->first;
    const Group& group = one->second;
    const std::string html = StrCat(
        "<tr><td>", TimeElement(group.last), "</td><td class=\"n\">", Number(group.count),
        "</td><th scope=\"row\" title=\"pod ", Escaped(group.pod), "\">", HtmlOf(workload),
        "</th><td>", Escaped(method, 40), "</td><td class=\"why\">",
        group.error_id.empty() ? "" : StrCat("<code>", Escaped(group.error_id, 40), "</code> "),
        Escaped(why, kTextMax), "</td></tr>\n");
    if (rows.full() || !rows.Add(html)) {
      left_out += group.count;
    }
  }
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">Last (UTC)</th><th scope=\"col\" class=\"n\">Times</th>"
      "<th scope=\"col\">Workload</th><th scope=\"col\">Method</th><th scope=\"col\">Why</th></tr>";
  return StrCat(Table("Refusals", "Refusals, the latest first; those that are alike are one row",
                      kHead, rows.html(), "refusals"),
                left_out == 0 ? ""
                              : StrCat("<p class=\"note\">",
                                       Counted(left_out, "older refusal is", "older refusals are"),
                                       " not shown.</p>\n"));
}

}  // namespace sekisho::report
