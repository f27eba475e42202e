#include "kube/events.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "kube/backoff.h"
#include "kube/event_answer.h"
#include "kube/event_json.h"
#include "kube/event_table.h"
#include "kube/token_bucket.h"

namespace sekisho::kube {
namespace {

using TimePoint = Loop::TimePoint;

constexpr size_t kBodyKept = size_t{4} << 10;   // enough for a Status object's message
constexpr size_t kBodyRead = size_t{64} << 10;  // an answer to a POST is the Event again

}  // namespace

class EventRecorder::Impl {
 public:
  Impl(EventOptions options, Loop& loop)
      : options_(std::move(options)),
        loop_(loop),
        bucket_(options_.burst, options_.per_second, loop.Now()),
        events_(options_.events_max, options_.remember) {}
  ~Impl() {
    loop_.CancelTimer(timer_);
    loop_.Cancel(request_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Add(const std::vector<Notice>& notices);
  const Stats& stats() const { return stats_; }

 private:
  void AddOne(const Notice& notice);
  void Schedule();
  void Send(KnownEvent& known);
  bool OnBody(std::string_view bytes);
  void OnDone(const Response& response);
  void OnSuccess(KnownEvent& known);
  void OnNameTaken(KnownEvent& known);
  void OnFailure(const Response& response, KnownEvent& known);
  void GiveUp(KnownEvent& known);

  TimePoint NextUpdate(const KnownEvent& known) const;
  std::string NewName(const KnownEvent& known);

  const EventOptions options_;
  Loop& loop_;
  TokenBucket bucket_;
  EventTable events_;
  uint32_t names_ = 0;
  Loop::Id timer_ = 0;
  // One request at a time; what follows is about it.
  Loop::Id request_ = 0;
  KnownEvent* in_flight_ = nullptr;
  uint64_t sending_ = 0;  // the count it tells
  std::string body_;
  size_t body_bytes_ = 0;
  // After a failure, for all Events.
  std::optional<Backoff> backoff_;
  TimePoint hold_until_ = {};
  Stats stats_;
};

// --- notices in
// -----------------------------------------------------------------------------------

void EventRecorder::Impl::Add(const std::vector<Notice>& notices) {
  // Looked for when something happens: there is no hurry, and no timer.
  events_.ForgetOld(loop_.Now(), in_flight_);
  for (const Notice& notice : notices) {
    AddOne(notice);
  }
  Schedule();
}

void EventRecorder::Impl::AddOne(const Notice& notice) {
  KnownEvent* known =
      IsOfPod(notice) ? events_.Touch(notice, loop_.Now(), in_flight_, stats_.dropped) : nullptr;
  if (known == nullptr) {
    ++stats_.dropped;
    return;
  }
  if (known->untold() == 0) {
    known->due = NextUpdate(*known);
  }
  known->event.Add(notice);
}

// --- requests out
// ---------------------------------------------------------------------------------

// Sends what is due, or sets the timer for it.
void EventRecorder::Impl::Schedule() {
  if (request_ != 0) {
    return;
  }
  loop_.CancelTimer(timer_);
  timer_ = 0;
  KnownEvent* next = events_.NextDue();
  if (next == nullptr) {
    return;
  }
  const TimePoint now = loop_.Now();
  const TimePoint at = std::max({next->due, hold_until_, now + bucket_.Wait(now)});
  if (at <= now) {
    bucket_.Take();
    Send(*next);
    return;
  }
  timer_ = loop_.After(std::chrono::ceil<std::chrono::milliseconds>(at - now), [this] {
    timer_ = 0;
    Schedule();
  });
}

void EventRecorder::Impl::Send(KnownEvent& known) {
  if (known.name.empty()) {
    known.name = NewName(known);
  }
  in_flight_ = &known;
  sending_ = known.event.count();
  known.sent = loop_.Now();
  body_.clear();
  body_bytes_ = 0;
  request_ = loop_.Send(
      known.created ? UpdateEvent(known.event, known.name)
                    : CreateEvent(known.event, known.name, options_.node),
      [this](int /*code*/, std::string_view bytes) { return OnBody(bytes); },
      [this](const Response& response) { OnDone(response); });
}

bool EventRecorder::Impl::OnBody(std::string_view bytes) {
  body_.append(bytes.substr(0, kBodyKept - body_.size()));
  body_bytes_ += bytes.size();
  return body_bytes_ <= kBodyRead;
}

void EventRecorder::Impl::OnDone(const Response& response) {
  request_ = 0;
  KnownEvent& known = *std::exchange(in_flight_, nullptr);
  const EventOutcome outcome = OutcomeOf(response, known.created);
  if (outcome != EventOutcome::kDone) {
    stats_.last_error =
        base::StrCat("Event ", known.name, " in namespace ", known.event.namespace_name(), ": ",
                     ErrorText(response, body_));
  }
  switch (outcome) {
    case EventOutcome::kDone:
      OnSuccess(known);
      break;
    case EventOutcome::kNameTaken:
      OnNameTaken(known);
      break;
    case EventOutcome::kGone:
      known.created = false;
      known.name.clear();
      break;
    case EventOutcome::kLater:
      OnFailure(response, known);
      break;
    case EventOutcome::kRefused:
      GiveUp(known);
      break;
  }
  Schedule();
}

void EventRecorder::Impl::OnSuccess(KnownEvent& known) {
  ++(known.created ? stats_.updated : stats_.created);
  known.created = true;
  known.told = sending_;
  known.failures = 0;
  known.renamed = known.perhaps_created = false;
  known.due = NextUpdate(known);  // of what came while it was in flight
  backoff_.reset();
  stats_.last_error.clear();
}

void EventRecorder::Impl::OnNameTaken(KnownEvent& known) {
  if (known.perhaps_created) {
    // By the POST that was not answered: nobody else would have hit on this name. It may not tell
    // of all, so that an update follows.
    known.created = true;
    known.perhaps_created = false;
    ++stats_.created;
  } else if (!known.renamed) {
    known.renamed = true;
    known.name.clear();
  } else {
    GiveUp(known);
  }
}

void EventRecorder::Impl::OnFailure(const Response& response, KnownEvent& known) {
  if (!backoff_.has_value()) {
    backoff_.emplace(Backoff::Options{});
  }
  hold_until_ = loop_.Now() + backoff_->Next(loop_, response.retry_after);
  known.perhaps_created =
      !known.created && (known.perhaps_created || response.code == 0 || response.code >= 500);
  if (++known.failures >= options_.tries) {
    GiveUp(known);
  }
}

// Those that came while the request was in flight, too: it would be no better for them.
void EventRecorder::Impl::GiveUp(KnownEvent& known) {
  stats_.dropped += known.untold();
  known.event.CutTo(known.told);
  known.failures = 0;
  known.renamed = known.perhaps_created = false;
  if (!known.created) {
    known.name.clear();
  }
}

TimePoint EventRecorder::Impl::NextUpdate(const KnownEvent& known) const {
  const TimePoint soon = loop_.Now() + options_.coalesce;
  return known.sent.has_value() ? std::max(soon, *known.sent + options_.update_every) : soon;
}

// Random, so that no other node has it, and never twice the same from here.
std::string EventRecorder::Impl::NewName(const KnownEvent& known) {
  constexpr double kRange = 4294967296.0;  // 2 to the 32
  const auto high = static_cast<uint32_t>(loop_.Random() * kRange);
  const auto low = static_cast<uint32_t>(loop_.Random() * kRange) + ++names_;
  return EventName(known.event.pod(), uint64_t{high} << 32 | low);
}

EventRecorder::EventRecorder(EventOptions options, Loop& loop)
    : impl_(std::make_unique<Impl>(std::move(options), loop)) {}
EventRecorder::~EventRecorder() = default;

void EventRecorder::Add(const std::vector<Notice>& notices) {
  impl_->Add(notices);
}

const EventRecorder::Stats& EventRecorder::stats() const {
  return impl_->stats();
}

}  // namespace sekisho::kube
