#include "report/running.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "report/html.h"
#include "report/posture.h"

namespace sekisho::report {
namespace {

using base::StrCat;
using verify::Container;
using verify::Origin;

constexpr size_t kRowsMax = 500;
constexpr size_t kBytesMax = 1'500'000;
constexpr size_t kErrorsMax = 20;
constexpr size_t kDriftMax = 16;

// Like std::string_view's names in verify/result.h, for a reader who does not know them.
std::string_view OriginText(Origin origin) {
  switch (origin) {
    case Origin::kDecided:
      return "passed the agent";
    case Origin::kOlder:
      return "older than the agent";
    case Origin::kPast:
      return "never passed the agent";
    case Origin::kForeign:
      return "not known to CRI";
  }
  return "not known";
}

std::string VerdictHtml(const Container& container) {
  const std::string origin =
      StrCat("<br><span class=\"faint\">", OriginText(container.origin), "</span>");
  switch (StandingOf(container)) {
    case Standing::kWeaker:
      return StrCat("<b class=\"bad\">weaker</b>", origin);
    case Standing::kUnseen:
      return StrCat("<b class=\"bad\">", OriginText(container.origin), "</b>");
    case Standing::kRefusedToday:
      return StrCat("<b class=\"warn\">refused today</b>", origin);
    case Standing::kNotLookedAt:
      return StrCat("<b class=\"warn\">not looked at</b>", origin);
    case Standing::kConforms:
      break;
  }
  return StrCat("<span class=\"good\">conforms</span>",
                container.origin == Origin::kDecided ? "" : origin);
}

std::string NameHtml(const Container& container) {
  const std::string where =
      container.origin == Origin::kForeign
          ? StrCat("<span class=\"ns\">", Escaped(container.runtime, 63), "/</span>")
          : StrCat("<span class=\"ns\">", Escaped(container.namespace_, 63), "/</span>",
                   Escaped(container.pod, 120), " ");
  const std::string image =
      container.image.empty()
          ? ""
          : StrCat("<br><span class=\"image\">", Escaped(container.image, 120), "</span>");
  return StrCat(where, "<span class=\"of\">", Escaped(container.name, 80), "</span>", image);
}

std::string Hex(uint64_t mask) {
  std::array<char, 20> text{};
  (void)std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(mask));
  return text.data();
}

// The shorter of "these" and "all but these".
std::string CapabilitiesHtml(caps::CapSet set) {
  const caps::CapSet rest(caps::CapSet::All().mask() & ~set.mask());
  const std::vector<std::string> has = set.Names();
  const std::vector<std::string> lacks = rest.Names();
  std::string text;
  if (has.empty()) {
    text = "none";
  } else if (lacks.empty()) {
    text = "<b>all</b>";
  } else if (lacks.size() < has.size()) {
    text = StrCat("<b>all but</b> ", base::StrJoin(lacks, ", "));
  } else {
    text = base::StrJoin(has, ", ");
  }
  return StrCat("<span title=\"CapEff ", Hex(set.mask()), ", ",
                Counted(has.size(), "capability", "capabilities"), "\">", text, "</span>");
}

std::string SeccompText(const procfs::Process& process) {
  if (process.seccomp == procfs::SeccompMode::kOff) {
    return "<b>off</b>";
  }
  const bool counted =
      process.seccomp == procfs::SeccompMode::kFilter && process.seccomp_filters.has_value();
  return StrCat(procfs::SeccompModeName(process.seccomp),
                counted ? StrCat(" ×", *process.seccomp_filters) : "");
}

std::string UserText(const procfs::Process& process) {
  const std::string effective = StrCat(process.uid.effective);
  const std::string text = process.uid.effective == 0 ? "<b>0</b>" : effective;
  return process.uid.real == process.uid.effective ? text
                                                   : StrCat(text, " (real ", process.uid.real, ")");
}

std::string SharedText(const procfs::Process& process, const std::optional<procfs::Process>& host) {
  if (!host.has_value() || process.namespaces.empty()) {
    return "<span class=\"faint\">not known</span>";
  }
  std::vector<std::string> shared;
  for (const auto& [name, inode] : process.namespaces) {
    const auto of_host = host->namespaces.find(name);
    if (of_host != host->namespaces.end() && of_host->second == inode) {
      // Most containers share these two: it is worth a word, and no alarm.
      const bool usual = name == "user" || name == "cgroup";
      shared.push_back(usual ? Escaped(name, 16) : StrCat("<b>", Escaped(name, 16), "</b>"));
    }
  }
  return shared.empty() ? "none" : base::StrJoin(shared, ", ");
}

std::string RootText(const procfs::Process& process) {
  if (!process.root_read_only.has_value()) {
    return "<span class=\"faint\">not known</span>";
  }
  return *process.root_read_only ? "read&#8209;only" : "writable";
}

// Everything that is to be said against it, and what nobody could see.
std::string AgainstHtml(const Container& container) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < container.drift.size() && i < kDriftMax; ++i) {
    const verify::Difference& difference = container.drift[i];
    lines.push_back(StrCat("<b>", Escaped(difference.what, 40), "</b>: found ",
                           Escaped(difference.found, 200), ", must be ",
                           Escaped(difference.expected, 200)));
  }
  if (!container.refusal.empty()) {
    lines.push_back(
        StrCat("Today’s policy would refuse it: ", Escaped(container.refusal, kTextMax)));
  }
  if (!container.unseen.empty()) {
    const std::vector<std::string> first(
        container.unseen.begin(),
        container.unseen.begin() +
            static_cast<std::ptrdiff_t>(std::min(container.unseen.size(), kDriftMax)));
    lines.push_back(StrCat(
        "<span class=\"faint\">Not seen: ",
        base::StrJoin(first, "; ", [](const std::string& what) { return Escaped(what, 120); }),
        "</span>"));
  }
  return base::StrJoin(lines, "<br>");
}

// One row; and a second one, across the table, where there is something to be said.
std::string RowHtml(const Container& container, const std::optional<procfs::Process>& host) {
  std::string kernel = "<td colspan=\"7\" class=\"faint\">The process could not be looked at.</td>";
  if (container.process.has_value()) {
    const procfs::Process& process = *container.process;
    kernel =
        StrCat("<td>", SeccompText(process), "</td><td class=\"caps\">",
               CapabilitiesHtml(process.effective), "</td><td>",
               process.no_new_privs ? "yes" : "<b>no</b>", "</td><td class=\"n\">",
               UserText(process), "</td><td>", SharedText(process, host), "</td><td class=\"lsm\">",
               process.lsm_label.empty() ? "none" : Escaped(process.lsm_label, 80), "</td><td>",
               RootText(process), "</td>");
  }
  const std::string against = AgainstHtml(container);
  return StrCat(against.empty() ? "<tr>" : "<tr class=\"with\">", "<th scope=\"row\">",
                NameHtml(container), "</th><td>", VerdictHtml(container), "</td>", kernel,
                "</tr>\n",
                against.empty()
                    ? ""
                    : StrCat("<tr><td colspan=\"9\" class=\"against\">", against, "</td></tr>\n"));
}

constexpr std::string_view kHead =
    "<tr><th scope=\"col\">Container</th><th scope=\"col\">Verdict</th><th "
    "scope=\"col\">Seccomp</th><th scope=\"col\">Capabilities in effect</th><th scope=\"col\">No "
    "new "
    "privileges</th><th scope=\"col\" class=\"n\">User</th><th scope=\"col\">Host’s "
    "namespaces</th><th scope=\"col\">LSM</th><th scope=\"col\">Root</th></tr>";

}  // namespace

std::string RunningHtml(const verify::Result& result, const std::optional<procfs::Process>& host) {
  std::vector<const Container*> order;
  order.reserve(result.containers.size());
  for (const Container& container : result.containers) {
    order.push_back(&container);
  }
  std::stable_sort(order.begin(), order.end(), [](const Container* a, const Container* b) {
    return StandingOf(*a) < StandingOf(*b);
  });
  Rows rows(kRowsMax, kBytesMax);
  for (const Container* container : order) {
    if (rows.full()) {
      rows.LeaveOut(1);
    } else {
      rows.Add(RowHtml(*container, host));
    }
  }
  std::string html = order.empty()
                         ? "<p>No container is running.</p>\n"
                         : Table("Running containers",
                                 StrCat("Running containers at ", TimeElement(result.time),
                                        " UTC, what does not conform first"),
                                 kHead, rows.html(), "running");
  if (rows.left_out() > 0) {
    html += StrCat("<p class=\"note\">", Counted(rows.left_out(), "container is", "containers are"),
                   " not shown.</p>\n");
  }
  if (!result.errors.empty()) {
    std::string items;
    for (size_t i = 0; i < result.errors.size() && i < kErrorsMax; ++i) {
      items += StrCat("<li>", Escaped(result.errors[i], kTextMax), "</li>\n");
    }
    html += StrCat("<p>Not everything could be looked at:</p>\n<ul>\n", items, "</ul>\n");
    if (result.errors.size() > kErrorsMax) {
      html += StrCat("<p class=\"note\">And ", Number(result.errors.size() - kErrorsMax),
                     " more.</p>\n");
    }
  }
  return html;
}

}  // namespace sekisho::report
