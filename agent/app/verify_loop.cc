#include "app/verify_loop.h"

#include <algorithm>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/utf8.h"
#include "log/log.h"
#include "verify/messages.h"

namespace sekisho::app {
namespace {

using std::chrono::seconds;

// A look asks the runtime three questions, just when it is busy with the rest of the pod: not at
// once. And how long a new container has to come to its program.
constexpr std::chrono::milliseconds kFirstLook{250};
constexpr seconds kSecondLook{1};
constexpr seconds kRuntimeInterval{5};
// How soon, and how often, all are looked at again when something is too new to be believed.
constexpr seconds kTooEarlyAgain{6};
constexpr int kTooEarlyMax = 3;
// Differences that the log has named already; beyond it, it may repeat itself.
constexpr size_t kSaidMax = 4096;

std::string NameOf(const verify::Container& container) {
  return container.namespace_.empty()
             ? container.name
             : base::StrCat(container.namespace_, "/", container.pod, "/", container.name);
}

}  // namespace

std::string FindingOf(const verify::Container& container) {
  const std::string drift = base::StrJoin(container.drift, ", ", [](const verify::Difference& one) {
    return base::StrCat(one.what, " is ", one.found, " instead of ", one.expected);
  });
  const char* who = "";
  if (container.origin == verify::Origin::kPast) {
    who = "did not pass the agent; ";
  } else if (container.origin == verify::Origin::kForeign) {
    who = "is not known to CRI; ";
  }
  return base::Printable(base::StrCat("container ", NameOf(container), " (", container.id, ") ",
                                      who, drift, drift.empty() ? "" : "; ", container.refusal));
}

void VerifyLoop::Start(VerifyLoopOptions options) {
  options_ = std::move(options);
  absl::StatusOr<std::unique_ptr<verify::Ledger>> ledger = verify::Ledger::Open(options_.state_dir);
  if (ledger.ok()) {
    ledger_ = *std::move(ledger);
  } else {
    log::Error(base::StrCat(ledger.status().message(),
                            "; what was decided is not kept, and containers of this time will be "
                            "reported as ones that did not pass the agent"));
  }
  verifier_.emplace(verify::VerifierOptions{
      .kubelet_root = options_.kubelet_root,
      .state_dir = options_.state_dir,
      .runtime_socket = options_.runtime_socket,
      .call = [this](std::string_view method, std::string request) -> absl::StatusOr<std::string> {
        {
          const std::lock_guard lock(mu_);
          if (told_to_stop_) {
            return absl::CancelledError("the agent stops");
          }
        }
        return options_.call(method, std::move(request));
      }});
  thread_ =
      options_.thread != nullptr ? std::move(options_.thread) : std::make_unique<LateThread>();
  thread_->Run([this] { Run(); });
}

void VerifyLoop::TellToStop() {
  const std::lock_guard lock(mu_);
  told_to_stop_ = true;
}

void VerifyLoop::Stop() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = told_to_stop_ = true;
  }
  changed_.notify_all();
  if (thread_ != nullptr) {
    thread_->Join();
  }
}

void VerifyLoop::Created(std::string_view container_id, const policy::SandboxFacts& sandbox,
                         const policy::ContainerFacts& container) {
  Push({.kind = Happening::Kind::kCreated,
        .id = std::string(container_id),
        .pod = sandbox.pod,
        .name = container.name,
        .expected = verify::ExpectedOf(sandbox, container)});
}

void VerifyLoop::Started(std::string_view start_container_request) {
  Push({.kind = Happening::Kind::kStarted, .request = std::string(start_container_request)});
}

void VerifyLoop::Removed(std::string_view remove_container_request) {
  Push({.kind = Happening::Kind::kRemoved, .request = std::string(remove_container_request)});
}

size_t VerifyLoop::BytesOf(const Happening& happening) {
  const policy::PodIdentity& pod = happening.pod;
  return happening.request.size() + happening.id.size() + happening.name.size() +
         happening.expected.apparmor.size() + pod.namespace_.size() + pod.name.size() +
         pod.uid.size() + pod.runtime_handler.size();
}

void VerifyLoop::Push(Happening happening) {
  {
    const std::lock_guard lock(mu_);
    const size_t bytes = BytesOf(happening);
    const bool full =
        queue_.size() >= kQueueMax || (queue_bytes_ > 0 && queue_bytes_ + bytes > kQueueBytesMax);
    // A removal is an id, and one that is lost would stay in the ledger for minutes.
    if (full && (happening.kind != Happening::Kind::kRemoved || queue_.size() >= kRemovalsMax)) {
      standing_.not_entered += happening.kind == Happening::Kind::kCreated ? 1 : 0;
      return;
    }
    queue_bytes_ += bytes;
    queue_.push_back(std::move(happening));
  }
  changed_.notify_one();
}

VerifyLoop::Standing VerifyLoop::standing() const {
  const std::lock_guard lock(mu_);
  return standing_;
}

// Nothing when it is time for something else, or to stop.
std::optional<VerifyLoop::Happening> VerifyLoop::Next(Clock::time_point until) {
  std::unique_lock lock(mu_);
  changed_.wait_until(lock, until, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) {
    return std::nullopt;
  }
  Happening happening = std::move(queue_.front());
  queue_.pop_front();
  queue_bytes_ -= BytesOf(happening);
  return happening;
}

// What is queued is entered also when the agent stops: the next one reads the ledger.
void VerifyLoop::Run() {
  AskRuntime();
  Clock::time_point all_due = LookAtAll();
  Clock::time_point runtime_due = Clock::now() + kRuntimeInterval;
  for (;;) {
    Clock::time_point due = std::min(all_due, runtime_due);
    if (!looks_.empty()) {
      due = std::min(due, looks_.begin()->first);
    }
    if (const std::optional<Happening> happening = Next(due)) {
      Handle(*happening);
      continue;
    }
    {
      const std::lock_guard lock(mu_);
      if (stopping_) {
        return;
      }
    }
    const Clock::time_point now = Clock::now();
    while (!looks_.empty() && looks_.begin()->first <= now) {
      const Look look = looks_.extract(looks_.begin()).mapped();
      LookAt(look.id, look.again);
    }
    if (now >= runtime_due) {
      AskRuntime();
      runtime_due = Clock::now() + kRuntimeInterval;
    }
    if (now >= all_due) {
      all_due = LookAtAll();
    }
  }
}

void VerifyLoop::Handle(const Happening& happening) {
  switch (happening.kind) {
    case Happening::Kind::kCreated:
      Enter(happening);
      break;
    case Happening::Kind::kStarted:
      if (looks_.size() < kQueueMax) {  // beyond it, the next comparison of all has to do
        looks_.emplace(Clock::now() + kFirstLook,
                       Look{.id = verify::StartedId(happening.request), .again = false});
      }
      break;
    case Happening::Kind::kRemoved:
      Forget(verify::RemovedId(happening.request));
      break;
  }
}

void VerifyLoop::Enter(const Happening& created) {
  absl::Status status;
  if (ledger_ != nullptr) {
    const std::shared_ptr<const config::Snapshot> snapshot = snapshots_.Get();
    const auto now = std::chrono::system_clock::now();
    const policy::SpecPtr spec = snapshot->policy->ForContainer(
        created.pod, created.name, std::chrono::floor<seconds>(now),
        options_.namespaces ? options_.namespaces() : policy::NamespaceView{});
    status = ledger_->Add(created.id, {.time = now,
                                       .level = spec->EnforcedText(),
                                       .policy_hash = snapshot->hash,
                                       .expected = created.expected});
  }
  if (!status.ok()) {
    const std::lock_guard lock(mu_);
    if (++standing_.not_entered == 1) {
      log::Error(base::StrCat("what was decided of a container is not kept: ", status.message()));
    }
  }
}

void VerifyLoop::Forget(const std::string& id) {
  if (ledger_ != nullptr) {
    (void)ledger_->Remove(id);  // what stays in the file goes with the next Keep
  }
  const auto is_removed = [&id](const verify::Container& one) { return one.id == id; };
  if (standing_.last == nullptr || std::ranges::none_of(standing_.last->containers, is_removed)) {
    return;
  }
  auto result = std::make_shared<verify::Result>(*standing_.last);
  std::erase_if(result->containers, is_removed);
  const std::lock_guard lock(mu_);
  standing_.last = std::move(result);
}

verify::Basis VerifyLoop::BasisNow(const std::string& id) const {
  verify::LedgerView decided{.since = std::chrono::system_clock::now(), .entries = {}};
  if (ledger_ != nullptr) {
    decided = id.empty() ? ledger_->View() : ledger_->ViewOf(id);
  }
  return {.policy = snapshots_.Get()->policy,
          .namespaces = options_.namespaces ? options_.namespaces() : policy::NamespaceView{},
          .ledger = std::move(decided)};
}

void VerifyLoop::LookAt(const std::string& id, bool again) {
  absl::StatusOr<verify::Container> container = verifier_->One(BasisNow(id), id);
  if (!container.ok()) {
    return;  // it has ended already, or the next comparison of all says what is wrong
  }
  if (!container->drift.empty() && !again) {
    looks_.emplace(Clock::now() + kSecondLook, Look{.id = id, .again = true});
    return;
  }
  if (!container->conforms()) {
    Say(*container);
  }
  if (standing_.last == nullptr) {  // only this thread writes it
    return;
  }
  // Whoever reads the last one keeps it as it was.
  auto result = std::make_shared<verify::Result>(*standing_.last);
  std::vector<verify::Container>& known = result->containers;
  const auto same = std::find_if(known.begin(), known.end(),
                                 [&](const verify::Container& one) { return one.id == id; });
  if (same != known.end()) {
    *same = *std::move(container);
  } else {
    known.push_back(*std::move(container));
  }
  const std::lock_guard lock(mu_);
  standing_.last = std::move(result);
}

VerifyLoop::Clock::time_point VerifyLoop::LookAtAll() {
  const Clock::time_point begun = Clock::now();
  verify::Result result = verifier_->Run(BasisNow(/*id=*/""));
  // A container that is made meanwhile may not be in the ledger yet.
  if (verify::IsTooEarly(result) && ++too_early_ <= kTooEarlyMax) {
    return Clock::now() + kTooEarlyAgain;
  }
  too_early_ = 0;
  for (const verify::Container& container : result.containers) {
    if (!container.conforms()) {
      Say(container);
    }
  }
  ForgetRemoved();
  const std::chrono::duration<double> took = Clock::now() - begun;
  {
    const std::lock_guard lock(mu_);
    standing_.last = std::make_shared<const verify::Result>(std::move(result));
    standing_.duration_seconds = took.count();
  }
  return options_.interval.count() == 0 ? Clock::time_point::max()
                                        : Clock::now() + options_.interval;
}

// Of containers that were removed while nobody saw it. An empty message is a whole
// ListContainersRequest: all of them, running or not.
void VerifyLoop::ForgetRemoved() {
  const absl::StatusOr<std::string> answer =
      options_.call("/runtime.v1.RuntimeService/ListContainers", "");
  if (!answer.ok() || ledger_ == nullptr) {
    return;
  }
  if (const auto existing = verify::IdsIn(*answer); existing.ok()) {
    (void)ledger_->Keep(*existing);  // what cannot be written is tried again with the next one
  }
}

void VerifyLoop::AskRuntime() {
  const absl::StatusOr<std::string> answer =
      options_.call("/runtime.v1.RuntimeService/Version", "");
  const std::lock_guard lock(mu_);
  if (told_to_stop_) {
    return;
  }
  if (standing_.runtime_answers != answer.ok()) {
    answer.ok()
        ? log::Info("the runtime answers again")
        : log::Error(base::StrCat("the runtime does not answer: ", answer.status().ToString()));
  }
  standing_.runtime_answers = answer.ok();
  if (answer.ok()) {
    standing_.runtime = base::Printable(verify::SoftwareOf(*answer));
  }
}

void VerifyLoop::Say(const verify::Container& container) {
  const std::string finding = FindingOf(container);
  if (said_.size() >= kSaidMax) {
    said_.clear();
  }
  if (said_.insert(finding).second) {
    log::Warn(finding);
  }
}

}  // namespace sekisho::app
