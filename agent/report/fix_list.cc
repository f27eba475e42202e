#include "report/fix_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "report/html.h"
#include "report/report.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr size_t kFixesShown = 3;
constexpr size_t kLinesMax = 4000;  // shown of the lines, in characters

// Lines, and those whom they are for. What differs by the containers' names alone is one.
struct Fix {
  ManifestFix lines;  // of the first of them
  std::vector<const Workload*> workloads;
  std::vector<std::string> others;  // further containers that the same lines are for
};

bool IsAlike(const ManifestFix& a, const ManifestFix& b) {
  return a.where == b.where && a.yaml == b.yaml && a.containers.empty() == b.containers.empty();
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void AddContainers(const ManifestFix& lines, Fix& fix) {
  for (const std::string& name : lines.containers) {
    if (!Has(fix.lines.containers, name) && !Has(fix.others, name)) {
      fix.others.push_back(name);
    }
  }
}

// "a, b, c and 5 more" of texts that are HTML already.
std::string Listed(const std::vector<std::string>& items) {
  constexpr size_t kNamed = 4;
  const size_t named = std::min(items.size(), kNamed);
  const std::vector<std::string> first(items.begin(),
                                       items.begin() + static_cast<std::ptrdiff_t>(named));
  const size_t more = items.size() - named;
  return StrCat(base::StrJoin(first, ", "), more == 0 ? "" : StrCat(" and ", more, " more"));
}

std::string ForWhom(const Fix& fix) {
  std::vector<std::string> names;
  for (const Workload* workload : fix.workloads) {
    std::string name = HtmlOf({workload->namespace_, workload->name, ""});
    if (!Has(names, name)) {
      names.push_back(std::move(name));
    }
  }
  return Listed(names);
}

std::string FixHtml(const Fix& fix, std::string_view lines) {
  std::vector<std::string> others;
  for (const std::string& name : fix.others) {
    others.push_back(StrCat("<code>", Escaped(name, 63), "</code>"));
  }
  const std::string_view what = others.size() == 1 ? "container " : "containers ";
  return StrCat(
      "<p class=\"for\">In ", ForWhom(fix), ":</p>\n<pre><code>", lines, "</code></pre>\n",
      others.empty()
          ? ""
          : StrCat("<p class=\"note\">And the same for ", what, Listed(others), ".</p>\n"));
}

// The lines for the workloads, those for most of them first.
std::vector<Fix> FixesOf(std::string_view id, const std::vector<FailingWorkload>& failing) {
  std::vector<Fix> fixes;
  for (const auto& [workload, detail] : failing) {
    std::optional<ManifestFix> lines = FixFor(id, detail);
    if (!lines.has_value()) {
      continue;
    }
    auto known = std::find_if(fixes.begin(), fixes.end(),
                              [&lines](const Fix& one) { return IsAlike(one.lines, *lines); });
    if (known == fixes.end()) {
      fixes.push_back({*std::move(lines), {workload}, {}});
    } else {
      known->workloads.push_back(workload);
      AddContainers(*lines, *known);
    }
  }
  std::stable_sort(fixes.begin(), fixes.end(), [](const Fix& a, const Fix& b) {
    return a.workloads.size() > b.workloads.size();
  });
  return fixes;
}

// YAML's line ends are its own; all else in it is as foreign as the names that it was made from.
std::string EscapedLines(std::string_view yaml) {
  std::string html;
  size_t room = kLinesMax;
  while (!yaml.empty() && room > 0) {
    const size_t end = yaml.find('\n');
    const std::string_view line = yaml.substr(0, end);
    html += StrCat(Escaped(line, room), "\n");
    room -= std::min(room, line.size() + 1);
    yaml.remove_prefix(end == std::string_view::npos ? yaml.size() : end + 1);
  }
  return StrCat(html, yaml.empty() ? "" : "…\n");
}

}  // namespace

std::string FixesHtml(std::string_view id, const std::vector<FailingWorkload>& failing) {
  const std::vector<Fix> fixes = FixesOf(id, failing);
  std::string html;
  for (size_t i = 0; i < fixes.size() && i < kFixesShown; ++i) {
    html += FixHtml(fixes[i], EscapedLines(InManifest(fixes[i].lines)));
  }
  if (fixes.size() > kFixesShown) {
    html += StrCat("<p class=\"note\">", Number(fixes.size() - kFixesShown),
                   " more like these, for other workloads.</p>\n");
  }
  if (const std::string_view advice = AdviceFor(id); !advice.empty()) {
    html += StrCat("<p>", Escaped(advice, kTextMax), "</p>\n");
  }
  if (html.empty() && !failing.empty()) {
    html = StrCat("<p>No lines of a manifest mend this by themselves: ",
                  Escaped(failing.front().detail, kTextMax), "</p>\n");
  } else if (fixes.empty() && !failing.empty() && !failing.front().detail.empty()) {
    html += StrCat("<p class=\"note\">For example: ", Escaped(failing.front().detail, kTextMax),
                   "</p>\n");
  }
  return html;
}

}  // namespace sekisho::report
