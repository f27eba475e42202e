#include "replay/replay.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::replay {
namespace {

using policy::Action;

constexpr size_t kDroppedMax = 100000;

bool SameEdits(const std::vector<policy::EditRecord>& a, const std::vector<policy::EditRecord>& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.field == other.field && one.before == other.before && one.after == other.after;
  });
}

Change ChangeOf(const audit::Line& before, const Verdict& after) {
  if (before.action == Action::kDeny) {
    if (after.action != Action::kDeny) {
      return Change::kNewlyAllowed;
    }
    return before.message == after.message ? Change::kNone : Change::kOtherReason;
  }
  if (after.action == Action::kDeny) {
    return Change::kNewlyRefused;
  }
  if (before.action == Action::kAllow && after.action == Action::kHarden) {
    return Change::kNewlyHardened;
  }
  return SameEdits(before.edits, after.edits) ? Change::kNone : Change::kOtherEdits;
}

std::string EditsText(const std::vector<policy::EditRecord>& edits) {
  return base::StrJoin(edits, "; ", [](const policy::EditRecord& edit) {
    return base::StrCat(edit.field, ": ", edit.before, " -> ", edit.after);
  });
}

std::string WhyOf(Change change, const audit::Line& before, const Verdict& after) {
  switch (change) {
    case Change::kNewlyRefused:
    case Change::kOtherReason:
      return after.message;
    case Change::kNewlyAllowed:
      return base::StrCat("no longer ", before.message);
    case Change::kNewlyHardened:
      return EditsText(after.edits);
    case Change::kOtherEdits:
      return after.edits.empty() ? base::StrCat("no longer ", EditsText(before.edits))
                                 : EditsText(after.edits);
    case Change::kNone:
      break;
  }
  return "";
}

void ReplaceAll(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) {
    return;
  }
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// What differs from pod to pod of one workload is taken out of a text.
std::string OfAnyPod(std::string text, const policy::PodIdentity& pod, std::string_view workload) {
  constexpr size_t kUidMin = 8;  // shorter ones are made by hand, and could be part of any word
  if (pod.uid.size() >= kUidMin) {
    ReplaceAll(text, pod.uid, "<uid>");
  }
  if (pod.name != workload) {
    ReplaceAll(text, pod.name, "<pod>");
  }
  return text;
}

std::string KeyOf(const Group& group) {
  constexpr char kEnd = '\0';  // none of the parts can have it
  return base::StrCat(static_cast<int>(group.change), kEnd, group.namespace_, kEnd, group.workload,
                      kEnd, group.container, kEnd, group.method, kEnd, group.before, kEnd,
                      group.after, kEnd, group.why);
}

}  // namespace

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kNone:
      return "unchanged";
    case Change::kNewlyRefused:
      return "newly-refused";
    case Change::kNewlyHardened:
      return "newly-hardened";
    case Change::kNewlyAllowed:
      return "newly-allowed";
    case Change::kOtherEdits:
      return "other-edits";
    case Change::kOtherReason:
      return "other-reason";
  }
  return "unknown";
}

bool Replayer::IsDecidedAgain(const audit::Line& line) {
  if (line.method != "RunPodSandbox" && line.method != "CreateContainer") {
    return false;
  }
  if (!line.error_id.empty()) {
    ++summary_.errors;
    return false;
  }
  if (!line.facts.has_value() ||
      line.facts->container.has_value() != (line.method == "CreateContainer")) {
    ++summary_.without_facts;
    return false;
  }
  return true;
}

void Replayer::Add(const audit::Line& line) {
  if (!IsDecidedAgain(line)) {
    return;
  }
  const Verdict verdict = Decide(policy_, now_, line.pod, *line.facts, ViewOf(line));
  const bool is_first = summary_.decisions == 0;
  summary_.first = is_first ? line.time : std::min(summary_.first, line.time);
  summary_.last = is_first ? line.time : std::max(summary_.last, line.time);
  const Change change = ChangeOf(line, verdict);
  Count(verdict, change, policy::ActionName(line.action), line.pod, WhyOf(change, line, verdict),
        {.container = line.container, .method = line.method, .last = line.time});
}

void Replayer::AddRunning(const policy::PodIdentity& pod, const audit::DecidedFacts& facts) {
  summary_.live = true;
  Verdict verdict = Decide(policy_, now_, pod, facts);
  if (!facts.complete && verdict.action != Action::kDeny && verdict.uncertain.empty()) {
    verdict.uncertain = "the runtime does not tell what the pod was configured with";
  }
  audit::Line running;
  running.action = Action::kAllow;
  const Change change = ChangeOf(running, verdict);
  Count(verdict, change, "running", pod, WhyOf(change, running, verdict),
        {.container = facts.container.has_value() ? facts.container->name : "",
         .method = facts.container.has_value() ? "CreateContainer" : "RunPodSandbox",
         .last = now_});
}

void Replayer::AddUnknown() {
  summary_.live = true;
  ++summary_.without_facts;
}

void Replayer::Count(const Verdict& verdict, Change change, std::string_view before,
                     const policy::PodIdentity& pod, const std::string& why, Group group) {
  ++summary_.decisions;
  ++summary_.changed[static_cast<size_t>(change)];
  if (!verdict.uncertain.empty() && ++summary_.uncertain == 1) {
    summary_.uncertain_why = verdict.uncertain;
  }
  if (change == Change::kNone) {
    ++summary_.unchanged;
    return;
  }
  group.change = change;
  group.namespace_ = pod.namespace_;
  group.workload =
      WorkloadOf(pod.name, pod.source == policy::PodSource::kStatic ? node_ : std::string_view());
  group.before = before;
  group.after = policy::ActionName(verdict.action);
  group.why = OfAnyPod(why, pod, group.workload);
  group.rule = verdict.rule;
  group.example_pod = pod.name;
  std::string key = KeyOf(group);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    Group& same = summary_.groups[known->second];
    ++same.count;
    same.last = std::max(same.last, group.last);
    return;
  }
  if (summary_.groups.size() >= kGroupsMax) {
    if (dropped_.size() < kDroppedMax && dropped_.insert(absl::HashOf(key)).second) {
      ++summary_.dropped;
    }
    return;
  }
  group.count = 1;
  by_key_.emplace(std::move(key), summary_.groups.size());
  summary_.groups.push_back(std::move(group));
}

Summary Replayer::Finish() {
  std::ranges::stable_sort(summary_.groups, [](const Group& a, const Group& b) {
    if (a.change != b.change) {
      return a.change < b.change;
    }
    return a.count != b.count ? a.count > b.count
                              : std::tie(a.namespace_, a.workload, a.container) <
                                    std::tie(b.namespace_, b.workload, b.container);
  });
  by_key_.clear();
  dropped_.clear();
  return std::exchange(summary_, {});
}

}  // namespace sekisho::replay
