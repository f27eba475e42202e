#include "record/ledger.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <string_view>

namespace sekisho::record {
namespace {

// What nsexec.c of runc names the process that becomes the container's, and its threads.
constexpr std::string_view kRuncInit = "runc:[2:INIT]";

std::set<Call>& CallsOf(Tally& tally, const SeccompRecord& record) {
  return record.comm == kRuncInit ? tally.of_runc : tally.calls;
}

}  // namespace

void Ledger::Add(const SeccompRecord& record) {
  if (record.code != SECCOMP_RET_LOG) {
    // A call that was refused is none to allow: a filter of the program's own, or of another
    // container, with a stronger answer than ours.
    return;
  }
  const Call call{.arch = record.arch, .number = record.syscall};
  if (const Attribution::Containers* recalled = processes_.Recall(record.pid)) {
    // Nothing can become wrong by a call that is known of that place already, so /proc is spared.
    const auto place = by_place_.find(*recalled);
    if (place != by_place_.end() && CallsOf(place->second, record).contains(call)) {
      ++place->second.records;
      return;
    }
  }
  const Attribution::Containers* containers = processes_.Look(record.pid);
  Tally& tally = containers == nullptr ? unknown_ : by_place_[*containers];
  ++tally.records;
  CallsOf(tally, record).insert(call);
}

Ledger::Sum Ledger::Of(const std::vector<std::string>& container_ids) const {
  Sum sum;
  for (const std::string& id : container_ids) {
    sum.records_of[id] = 0;
  }
  for (const auto& [containers, tally] : by_place_) {
    const auto recorded = std::ranges::find_if(
        containers, [&](const std::string& id) { return sum.records_of.contains(id); });
    if (recorded == containers.end()) {
      sum.elsewhere += tally.records;
      continue;
    }
    sum.records_of[*recorded] += tally.records;
    sum.recorded.records += tally.records;
    sum.recorded.calls.insert(tally.calls.begin(), tally.calls.end());
    sum.recorded.of_runc.insert(tally.of_runc.begin(), tally.of_runc.end());
  }
  sum.unknown = unknown_;
  return sum;
}

}  // namespace sekisho::record
