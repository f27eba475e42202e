// The page as a whole.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "report/css.h"
#include "report/heat_map.h"
#include "report/html.h"
#include "report/outcome.h"
#include "report/posture.h"
#include "report/profile_uses.h"
#include "report/refusals.h"
#include "report/report.h"
#include "report/running.h"
#include "report/timeline.h"
#include "report/violations.h"

namespace sekisho::report {
namespace {

using base::StrCat;
using std::chrono::system_clock;

struct Figures {
  uint64_t allowed = 0;
  uint64_t hardened = 0;
  uint64_t refused = 0;
  uint64_t errors = 0;           // of the refused: for another reason than a policy
  uint64_t exempted = 0;         // decided under an exemption
  uint64_t seccomp_ignored = 0;  // privileged containers: the runtime attaches no profile
  uint64_t older = 0;            // than `since`: left out
  std::optional<system_clock::time_point> first;
  std::optional<system_clock::time_point> last;

  uint64_t decisions() const { return allowed + hardened + refused; }
  void Add(const audit::Line& line);
};

void Figures::Add(const audit::Line& line) {
  switch (line.action) {
    case policy::Action::kAllow:
      ++allowed;
      break;
    case policy::Action::kHarden:
      ++hardened;
      break;
    case policy::Action::kDeny:
      ++refused;
      break;
  }
  errors += line.error_id.empty() ? 0 : 1;
  exempted += line.exemption.empty() ? 0 : 1;
  seccomp_ignored += line.seccomp_ignored ? 1 : 0;
  first = std::min(first.value_or(line.time), line.time);
  last = std::max(last.value_or(line.time), line.time);
}

std::string Figure(std::string_view name, uint64_t number, std::string_view css_class = "") {
  return StrCat("<div><dt>", name, "</dt><dd",
                css_class.empty() || number == 0 ? "" : StrCat(" class=\"", css_class, "\""), ">",
                Number(number), "</dd></div>\n");
}

std::string Fact(std::string_view name, std::string_view html) {
  return StrCat("<dt>", name, "</dt><dd>", html, "</dd>\n");
}

constexpr std::string_view kBeginning =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n";

constexpr std::string_view kNavigation =
    "<nav aria-label=\"Sections\"><ul>"
    "<li><a href=\"#posture\">Namespaces and checks</a></li>"
    "<li><a href=\"#timeline\">Over time</a></li>"
    "<li><a href=\"#violations\">Top violations and their fixes</a></li>"
    "<li><a href=\"#running\">Running containers</a></li>"
    "<li><a href=\"#profiles\">Seccomp profiles</a></li>"
    "<li><a href=\"#refusals\">Recent refusals</a></li>"
    "<li><a href=\"#notes\">Notes</a></li></ul></nav>\n";

}  // namespace

class Builder::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  void Add(const audit::Line& line);
  std::string Html() const;

  void SetReadStats(const audit::ReadStats& stats) { stats_ = stats; }
  void SetVerification(verify::Result result, std::optional<procfs::Process> host) {
    result_ = std::move(result);
    host_ = std::move(host);
  }
  void SetNotVerified(std::string why) { not_verified_ = std::move(why); }

 private:
  std::string HeadlineHtml() const;
  std::string DecisionsSentence() const;
  std::string PeriodHtml() const;
  std::string FactsHtml() const;
  std::string HeaderHtml() const;
  std::string RunningSection() const;
  std::string NotesHtml() const;

  const Options options_;
  audit::ReadStats stats_;
  std::optional<verify::Result> result_;
  std::optional<procfs::Process> host_;
  std::string not_verified_ = "nobody asked for it";
  Figures figures_;
  HeatMap heat_map_;
  Timeline timeline_;
  Violations violations_;
  Refusals refusals_;
  ProfileUses profiles_;
};

void Builder::Impl::Add(const audit::Line& line) {
  if (line.time < options_.since) {
    ++figures_.older;
    return;
  }
  figures_.Add(line);
  const std::vector<Found> findings = FindingsOf(line);
  heat_map_.Add(line.pod.namespace_, findings);
  timeline_.Add(line.time, line.action);
  violations_.Add(line, findings);
  if (line.action == policy::Action::kDeny) {
    refusals_.Add(line);
  }
  if (line.facts.has_value()) {
    profiles_.Add(*line.facts);
  }
}

std::string Builder::Impl::DecisionsSentence() const {
  const uint64_t all = figures_.decisions();
  if (all == 0) {
    return "No decision was recorded in this time.";
  }
  return StrCat("Of ", Counted(all, "decision", "decisions"), " in this time, ",
                Number(figures_.refused),
                figures_.refused == 1 ? " was a refusal and " : " were refusals and ",
                Number(figures_.hardened), figures_.hardened == 1 ? " was" : " were",
                " hardened at the node.");
}

std::string Builder::Impl::HeadlineHtml() const {
  if (!result_.has_value()) {
    return StrCat(
        "<p class=\"headline warn\"><span>Nobody looked at the running "
        "containers.</span></p>\n<p class=\"lead\">",
        DecisionsSentence(), "</p>\n");
  }
  const Posture posture = PostureOf(*result_);
  const std::string_view css_class = posture.tone == Posture::Tone::kGood ? "good" : "bad";
  return StrCat("<p class=\"headline ", css_class, "\"><span>", posture.headline,
                "</span></p>\n<p class=\"lead\">", posture.more, posture.more.empty() ? "" : " ",
                DecisionsSentence(), " <a href=\"#running\">See what runs</a>.</p>\n");
}

std::string Builder::Impl::PeriodHtml() const {
  const bool from_start = options_.since.time_since_epoch().count() <= 0;
  if (!figures_.first.has_value()) {
    return from_start ? "all of the log" : StrCat("since ", TimeElement(options_.since), " UTC");
  }
  return StrCat(TimeElement(from_start ? *figures_.first : options_.since), " to ",
                TimeElement(from_start ? *figures_.last : options_.now), " UTC",
                from_start ? ", all of the log" : "");
}

std::string Builder::Impl::FactsHtml() const {
  return StrCat(
      "<dl class=\"facts\">\n", Fact("Decisions from", PeriodHtml()),
      Fact("Policy", options_.policy.empty() ? "not known" : Escaped(options_.policy, kTextMax)),
      Fact("Made",
           StrCat(TimeElement(options_.now), " UTC by sekisho ", Escaped(options_.version, 40))),
      "</dl>\n");
}

std::string Builder::Impl::HeaderHtml() const {
  return StrCat("<header>\n<h1>Pod security on <b>",
                options_.node.empty() ? "this node" : Escaped(options_.node), "</b></h1>\n",
                HeadlineHtml(), "<dl class=\"figures\">\n",
                Figure("Decisions", figures_.decisions()), Figure("Allowed", figures_.allowed),
                Figure("Hardened", figures_.hardened, "warn"),
                Figure("Refused", figures_.refused, "bad"), "<div><dt>Namespaces</dt><dd>",
                heat_map_.NamespacesText(), "</dd></div>\n", "</dl>\n", FactsHtml(), kNavigation,
                "</header>\n");
}

std::string Builder::Impl::RunningSection() const {
  const std::string html =
      result_.has_value()
          ? StrCat(
                "<p>What the kernel says of each container’s first process, held against what was "
                "decided of it; of those that the agent did not decide on, against what the policy "
                "says today.</p>\n",
                RunningHtml(*result_, host_))
          : StrCat("<p>Nobody looked at what runs: ", Escaped(not_verified_, kTextMax), ".</p>\n");
  return Section("running", "What the kernel says of the running containers", html);
}

std::string Builder::Impl::NotesHtml() const {
  std::vector<std::string> notes;
  const auto note = [&notes](uint64_t count, std::string_view one, std::string_view many,
                             const std::string& rest) {
    if (count > 0) {
      notes.push_back(StrCat(Counted(count, one, many), rest));
    }
  };
  note(stats_.unreadable, "line of the log is", "lines of the log are",
       StrCat(" not readable, and not counted",
              stats_.first_unreadable.empty()
                  ? "."
                  : StrCat(". The first one: ", Escaped(stats_.first_unreadable, kTextMax))));
  note(stats_.lost, "decision is", "decisions are",
       " missing in the log, by what it says itself: it could not be written then.");
  note(figures_.older, "decision is", "decisions are", " older than the time looked at.");
  note(
      figures_.errors, "refusal was", "refusals were",
      " for another reason than a policy; the id before the reason is explained in docs/audit.md.");
  note(figures_.exempted, "decision was", "decisions were", " made under an exemption.");
  note(figures_.seccomp_ignored, "privileged container was", "privileged containers were",
       " let through; the runtime attaches no seccomp profile to those, whatever is asked for.");
  notes.emplace_back(
      "A decision is one request of the kubelet. A container that is refused, or that keeps "
      "restarting, is asked for again and again, and counts each time.");
  notes.push_back(StrCat("Tables are bounded: ", HeatMap::kRowsMax, " namespaces, ",
                         Violations::kChecksShown, " checks with ", Violations::kWorkloadsShown,
                         " workloads each, ", ProfileUses::kShown, " profiles and ",
                         Refusals::kShown, " refusals are shown; each says what it leaves out."));
  notes.emplace_back(
      "Names are as they were found. Characters that cannot be seen, or that change how their "
      "neighbours are read, are written out: <code>\\x1b</code>, <code>\\u202e</code>.");
  return StrCat(
      "<footer id=\"notes\">\n<h2>Notes</h2>\n<ul>\n",
      base::StrJoin(notes, "",
                    [](const std::string& text) { return StrCat("<li>", text, "</li>\n"); }),
      "</ul>\n</footer>\n");
}

std::string Builder::Impl::Html() const {
  return StrCat(
      kBeginning, "<title>Pod security on ",
      options_.node.empty() ? "this node" : Escaped(options_.node), "</title>\n<style>\n",
      StyleSheet(), "</style>\n</head>\n<body>\n<div class=\"page\">\n",
      "<a class=\"skip\" href=\"#content\">Skip to the tables</a>\n", HeaderHtml(),
      "<main id=\"content\">\n", Section("posture", "Namespaces and checks", heat_map_.Html()),
      Section("timeline", "Decisions over time", timeline_.Html(options_.now)),
      Section("violations", "Top violations, and the lines that fix them", violations_.Html()),
      RunningSection(), Section("profiles", "Seccomp profiles in use", profiles_.Html()),
      Section("refusals", "Recent refusals", refusals_.Html()), "</main>\n", NotesHtml(),
      "</div>\n</body>\n</html>\n");
}

Builder::Builder(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Builder::~Builder() = default;

void Builder::Add(const audit::Line& line) {
  impl_->Add(line);
}

void Builder::SetReadStats(const audit::ReadStats& stats) {
  impl_->SetReadStats(stats);
}

void Builder::SetVerification(verify::Result result, std::optional<procfs::Process> host) {
  impl_->SetVerification(std::move(result), std::move(host));
}

void Builder::SetNotVerified(std::string why) {
  impl_->SetNotVerified(std::move(why));
}

std::string Builder::Html() const {
  return impl_->Html();
}

}  // namespace sekisho::report
