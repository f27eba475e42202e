#include "report/profile_uses.h"

#include <algorithm>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "report/html.h"

namespace sekisho::report {
namespace {

using base::StrCat;
using State = seccomp::ProfileFacts::State;

constexpr size_t kBytesMax = 400'000;
constexpr size_t kCallsKept = 512;
constexpr size_t kCallsNamed = 24;

std::string_view StateName(State state) {
  switch (state) {
    case State::kUsable:
      return "usable";
    case State::kMissing:
      return "missing";
    case State::kUntrusted:
      return "not trusted";
    case State::kInvalid:
      return "invalid";
    case State::kNotPinned:
      return "not pinned";
  }
  return "not known";
}

std::string FaultOf(const seccomp::ProfileFacts& profile) {
  if (!profile.fault.empty()) {
    return profile.fault;
  }
  if (profile.refused_docker_format) {
    return "is in Docker's format, whose conditions the runtime ignores";
  }
  return profile.unconfined_in_disguise ? "refuses nothing that matters" : "";
}

ProfileUse UseOf(const seccomp::ProfileFacts& profile) {
  ProfileUse use;
  use.path = profile.path;
  use.state = StateName(profile.state);
  use.fault = FaultOf(profile).substr(0, kTextMax);
  const size_t kept = std::min(profile.beyond_floor.size(), kCallsKept);
  use.beyond_floor.assign(profile.beyond_floor.begin(),
                          profile.beyond_floor.begin() + static_cast<std::ptrdiff_t>(kept));
  return use;
}

std::string DistanceHtml(const ProfileUse& use) {
  if (use.state != StateName(State::kUsable)) {
    return "<span class=\"faint\">not known</span>";
  }
  if (use.beyond_floor.empty()) {
    return "nothing";
  }
  const size_t named = std::min(use.beyond_floor.size(), kCallsNamed);
  const std::vector<std::string> first(
      use.beyond_floor.begin(), use.beyond_floor.begin() + static_cast<std::ptrdiff_t>(named));
  const size_t more = use.beyond_floor.size() - named;
  return StrCat("<b>", Counted(use.beyond_floor.size(), "call", "calls"), "</b>: ",
                base::StrJoin(first, ", ",
                              [](const std::string& call) {
                                return StrCat("<code>", Escaped(call, 80), "</code>");
                              }),
                more == 0 ? "" : StrCat(", and ", more, " more"));
}

}  // namespace

void ProfileUses::Add(const audit::DecidedFacts& facts) {
  if (!facts.container.has_value()) {
    return;
  }
  ++containers_;
  switch (policy::EffectiveSeccomp(*facts.container).type) {
    case policy::ProfileType::kRuntimeDefault:
      ++asked_for_[0];
      break;
    case policy::ProfileType::kLocalhost:
      ++asked_for_[1];
      break;
    case policy::ProfileType::kUnconfined:
    case policy::ProfileType::kAbsent:
      ++asked_for_[2];
      break;
  }
  for (const seccomp::ProfileFacts& profile : facts.container->profiles) {
    const auto known = files_.find(profile.path);
    if (known == files_.end() && files_.size() >= kFilesMax) {
      ++late_;
      continue;
    }
    const uint64_t uses = known == files_.end() ? 0 : known->second.uses;
    ProfileUse use = UseOf(profile);  // the latest is what is there now
    use.uses = uses + 1;
    files_.insert_or_assign(profile.path, std::move(use));
  }
}

std::string ProfileUses::AskedFor() const {
  std::string body;
  const auto row = [&body, this](std::string_view what, uint64_t count) {
    body += StrCat("<tr><th scope=\"row\">", what, "</th><td class=\"n\">", Number(count),
                   "</td><td class=\"n\">", count * 100 / std::max<uint64_t>(containers_, 1),
                   "&#8239;%</td></tr>\n");
  };
  row("RuntimeDefault", asked_for_[0]);
  row("Localhost (a file of the node)", asked_for_[1]);
  row("Unconfined, or nothing", asked_for_[2]);
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">Profile</th><th scope=\"col\" class=\"n\">Requests</th>"
      "<th scope=\"col\" class=\"n\">Share</th></tr>";
  return Table("What containers asked for", "What containers asked for, before it was hardened",
               kHead, body, "narrow");
}

std::string ProfileUses::FilesTable() const {
  if (files_.empty()) {
    return "<p>No container named a profile file.</p>\n";
  }
  std::vector<const ProfileUse*> uses;
  uses.reserve(files_.size());
  for (const auto& [path, use] : files_) {
    uses.push_back(&use);
  }
  std::sort(uses.begin(), uses.end(), [](const ProfileUse* a, const ProfileUse* b) {
    const bool a_usable = a->state == StateName(State::kUsable);
    const bool b_usable = b->state == StateName(State::kUsable);
    return std::tuple(a_usable, b->beyond_floor.size(), b->uses, a->path) <
           std::tuple(b_usable, a->beyond_floor.size(), a->uses, b->path);
  });
  Rows rows(kShown, kBytesMax);
  for (const ProfileUse* use : uses) {
    if (rows.full()) {
      rows.LeaveOut(1);
      continue;
    }
    rows.Add(StrCat("<tr><th scope=\"row\"><code>", Escaped(use->path), "</code></th><td>",
                    use->state,
                    use->fault.empty() ? "" : StrCat(": ", Escaped(use->fault, kTextMax)),
                    "</td><td class=\"n\">", Number(use->uses), "</td><td>", DistanceHtml(*use),
                    "</td></tr>\n"));
  }
  constexpr std::string_view kHead =
      "<tr><th scope=\"col\">File</th><th scope=\"col\">State</th>"
      "<th scope=\"col\" class=\"n\">Requests</th><th scope=\"col\">Beyond the floor</th></tr>";
  const uint64_t left_out = rows.left_out();
  return StrCat(
      Table("Profile files", "Profile files, those that need attention first", kHead, rows.html()),
      left_out + late_ == 0
          ? ""
          : StrCat("<p class=\"note\">", late_ > 0 ? "More than " : "",
                   Counted(left_out, "file is", "files are"), " not shown.</p>\n"));
}

std::string ProfileUses::Html() const {
  if (containers_ == 0) {
    return "<p>Not known: the log keeps no facts (<code>audit.facts</code>), or nobody asked for a "
           "container.</p>\n";
  }
  return StrCat(AskedFor(), FilesTable());
}

}  // namespace sekisho::report
