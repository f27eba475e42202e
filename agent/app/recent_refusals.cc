#include "app/recent_refusals.h"

#include <algorithm>
#include <utility>

namespace sekisho::app {
namespace {

bool IsSame(const RecentRefusals::Entry& a, const RecentRefusals::Entry& b) {
  return a.namespace_ == b.namespace_ && a.pod == b.pod && a.container == b.container &&
         a.method == b.method && a.text == b.text;
}

}  // namespace

void RecentRefusals::Note(const audit::Record& record) {
  if (record.decision.action != policy::Action::kDeny) {
    return;
  }
  const std::string& text = record.error_id.empty() ? record.decision.message : record.error;
  Entry entry{.last = record.time,
              .method = record.method,
              .namespace_ = record.pod.namespace_,
              .pod = record.pod.name,
              .container = record.container,
              .text = text.substr(0, kTextMax),
              .rule = record.rule,
              .error_id = record.error_id,
              .count = 1};
  const std::lock_guard lock(mu_);
  const auto same = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& known) { return IsSame(known, entry); });
  if (same != entries_.end()) {
    entry.count += same->count;
    entries_.erase(same);
  } else if (entries_.size() == kEntriesMax) {
    entries_.pop_back();
  }
  entries_.push_front(std::move(entry));
}

std::vector<RecentRefusals::Entry> RecentRefusals::Newest(size_t count) const {
  const std::lock_guard lock(mu_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

}  // namespace sekisho::app
