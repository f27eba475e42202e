#include "record/recorder.h"

#include <linux/audit.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "record/audit_record.h"
#include "record/fork_events.h"
#include "record/probe.h"
#include "record/serials.h"

namespace sekisho::record {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kMarkComes{1000};
constexpr int kMarksMax = 5;
constexpr milliseconds kLateComes{1000};
constexpr milliseconds kRound{1000};
// The lock ends a recording; the time in the lease is for a recorder that hangs.
constexpr seconds kLeaseMargin{30};

class Recorder {
 public:
  Recorder(const RecorderOptions& options, KernelAudit audit)
      : options_(options), audit_(std::move(audit)) {}

  absl::StatusOr<Evidence> Run();

 private:
  // The next record, if one comes in time; false on the wish to stop.
  absl::StatusOr<bool> Step(Clock::time_point until, int stop_fd);
  void Take(const KernelAudit::Received& received);
  void TakeForks();
  absl::Status Begin();
  absl::Status Listen(const Lease& lease);
  absl::Status End();
  absl::StatusOr<bool> PassMark();
  void Report(const Lease& lease, Clock::time_point end) const;

  const RecorderOptions& options_;
  KernelAudit audit_;
  std::optional<ForkEvents> forks_;  // none where they cannot be had
  Ledger ledger_;
  Serials serials_;
  Losses losses_;
  bool counting_ = false;    // since the first mark
  std::vector<Mark> marks_;  // one of which is waited for
  std::optional<AuditStatus> before_;
  bool ended_early_ = false;
};

void Recorder::Take(const KernelAudit::Received& received) {
  if (received.type == AUDIT_SECCOMP) {
    const absl::StatusOr<SeccompRecord> record = ParseSeccompRecord(received.text);
    if (!record.ok()) {
      losses_.unreadable += counting_ ? 1 : 0;
    } else if (std::ranges::any_of(marks_, [&](const Mark& mark) { return mark.IsIn(*record); })) {
      marks_.clear();
      counting_ = true;
    } else if (counting_) {
      TakeForks();
      ledger_.Add(*record);
    }
  }
  if (const std::optional<uint32_t> serial = SerialOf(received.text); serial && counting_) {
    serials_.Saw(*serial);
  }
}

void Recorder::TakeForks() {
  if (forks_.has_value()) {
    forks_->Drain([this](pid_t parent, pid_t child) { ledger_.Forked(parent, child); });
  }
}

absl::StatusOr<bool> Recorder::Step(Clock::time_point until, int stop_fd) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  SEKISHO_ASSIGN_OR_RETURN(const KernelAudit::Received received,
                           audit_.Next(std::max(left, milliseconds(0)), stop_fd));
  switch (received.event) {
    case KernelAudit::Event::kRecord:
      Take(received);
      break;
    case KernelAudit::Event::kOverrun:
      ++losses_.overruns;
      break;
    case KernelAudit::Event::kStop:
      return false;
    case KernelAudit::Event::kTimeout:
      break;
  }
  return true;
}

// Makes a mark and waits for it; again when it was lost itself, as it is while the socket is full.
// Whether one has come.
absl::StatusOr<bool> Recorder::PassMark() {
  for (int i = 0; i < kMarksMax; ++i) {
    SEKISHO_ASSIGN_OR_RETURN(const Mark mark, MakeMark());
    marks_.push_back(mark);
    const Clock::time_point until = Clock::now() + kMarkComes;
    while (!marks_.empty() && Clock::now() < until) {
      SEKISHO_RETURN_IF_ERROR(Step(until, -1).status());
    }
    if (marks_.empty()) {
      return true;
    }
  }
  marks_.clear();
  return false;
}

absl::Status Recorder::Begin() {
  if (absl::StatusOr<AuditStatus> status = GetAuditStatus(); status.ok()) {
    before_ = *status;
  }
  if (absl::StatusOr<ForkEvents> forks = ForkEvents::Listen(); forks.ok()) {
    forks_.emplace(*std::move(forks));
  }
  SEKISHO_ASSIGN_OR_RETURN(const bool came, PassMark());
  if (!came) {
    return absl::FailedPreconditionError(
        "the kernel's audit records do not come here: run on the node itself, in its first network "
        "and pid namespaces (hostNetwork and hostPID in a pod)");
  }
  return absl::OkStatus();
}

void Recorder::Report(const Lease& lease, Clock::time_point end) const {
  if (!options_.progress) {
    return;
  }
  const absl::StatusOr<std::vector<RecordedContainer>> containers = lease.Containers();
  std::vector<std::string> ids;
  if (containers.ok()) {
    for (const RecordedContainer& container : *containers) {
      ids.push_back(container.id);
    }
  }
  const Ledger::Sum sum = ledger_.Of(ids);
  options_.progress({.left = std::chrono::ceil<seconds>(end - Clock::now()),
                     .containers = ids.size(),
                     .calls = sum.recorded.calls.size(),
                     .records = sum.recorded.records});
}

absl::Status Recorder::Listen(const Lease& lease) {
  const Clock::time_point end = Clock::now() + options_.duration;
  Clock::time_point report = Clock::now();
  while (Clock::now() < end) {
    SEKISHO_ASSIGN_OR_RETURN(const bool go_on, Step(std::min(end, report), options_.stop_fd));
    if (!go_on) {
      ended_early_ = true;
      return absl::OkStatus();
    }
    if (Clock::now() >= report) {
      TakeForks();
      Report(lease, end);
      report = Clock::now() + kRound;
    }
  }
  return absl::OkStatus();
}

// All that was logged until now, and the losses among it.
absl::Status Recorder::End() {
  SEKISHO_ASSIGN_OR_RETURN(losses_.end_seen, PassMark());
  // A record may come after one with a higher number.
  const Clock::time_point until = Clock::now() + kLateComes;
  while (serials_.missing() > 0 && Clock::now() < until) {
    SEKISHO_RETURN_IF_ERROR(Step(until, -1).status());
  }
  losses_.missing = serials_.missing();
  if (const absl::StatusOr<AuditStatus> after = GetAuditStatus();
      after.ok() && before_.has_value()) {
    // Anybody with the right to may set it back to zero: then it says nothing.
    if (after->lost >= before_->lost) {
      losses_.in_kernel = after->lost - before_->lost;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Evidence> Recorder::Run() {
  SEKISHO_RETURN_IF_ERROR(Begin());
  Evidence evidence;
  const Clock::time_point started = Clock::now();
  {
    Recording what = options_.what;
    what.until = std::chrono::floor<seconds>(std::chrono::system_clock::now()) +
                 std::min(options_.duration + kLeaseMargin, kLongestRecording);
    SEKISHO_ASSIGN_OR_RETURN(const Lease lease, Lease::Take(options_.state, what));
    if (options_.started) {
      options_.started();
    }
    SEKISHO_RETURN_IF_ERROR(Listen(lease));
    evidence.recording = lease.recording();
    SEKISHO_ASSIGN_OR_RETURN(evidence.containers, lease.Containers());
  }
  evidence.lasted = std::chrono::round<seconds>(Clock::now() - started);
  SEKISHO_RETURN_IF_ERROR(End());
  std::vector<std::string> ids;
  for (const RecordedContainer& container : evidence.containers) {
    ids.push_back(container.id);
  }
  evidence.sum = ledger_.Of(ids);
  evidence.losses = losses_;
  evidence.ended_early = ended_early_;
  return evidence;
}

}  // namespace

absl::StatusOr<Evidence> Record(const RecorderOptions& options) {
  SEKISHO_RETURN_IF_ERROR(LogActionIsLogged());
  SEKISHO_ASSIGN_OR_RETURN(KernelAudit audit, KernelAudit::Open(options.receive_buffer));
  return Recorder(options, std::move(audit)).Run();
}

}  // namespace sekisho::record
