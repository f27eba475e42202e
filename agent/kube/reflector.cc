#include "kube/reflector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/str_cat.h"
#include "kube/api_object.h"
#include "kube/list_and_watch.h"
#include "kube/list_reader.h"
#include "kube/request_failure.h"
#include "kube/watch_reader.h"
#include "log/log.h"

namespace sekisho::kube {
namespace {

using std::chrono::milliseconds;

// A watch that ends sooner is not opened again at once: that could go on for ever.
constexpr milliseconds kShortWatch{1'000};
// Of the body of an answer that is no success.
constexpr size_t kErrorBodyMost = size_t{64} << 10;

}  // namespace

// At any time one request or one timer until the next; a watch has its idle timer, too. What fails
// while a body is read is kept in failure_ until the request has ended.
class Reflector::Impl {
 public:
  Impl(ReflectorOptions options, Loop& loop, ObjectStore& store);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Start();
  const Stats& stats() const { return stats_; }

 private:
  // A random time from `part` times `least` to `part` times `least` + 1.
  milliseconds Random(milliseconds part, int least) const {
    return std::chrono::duration_cast<milliseconds>(part * (least + loop_.Random()));
  }
  void Go() { list_next_ ? BeginList() : Watch(); }
  void GoAfter(milliseconds delay);

  void Send(Request request);
  bool OnBody(int code, std::string_view bytes);
  void OnDone(const Response& response);
  std::optional<RequestFailure> FailureOfAnswer(const Response& response) const;
  void Fail(const RequestFailure& failure);
  void NoteFailure(std::string_view text);
  void NoteSuccess();

  void BeginList();
  void SendPage();
  void OnPageDone(std::optional<RequestFailure> failure);
  void OnListFailed(const RequestFailure& failure);
  void OnListRead();

  void Watch();
  void AwaitMessage();
  void OnIdle();
  void OnWatchBody(std::string_view bytes);
  void OnWatchDone(std::optional<RequestFailure> failure);

  const ReflectorOptions options_;
  Loop& loop_;
  ObjectStore& store_;
  Backoff backoff_;
  Stats stats_;

  std::string known_;  // the version up to which everything was heard; empty: none
  bool started_ = false;
  bool failing_ = false;
  bool list_next_ = true;     // the next request is a list; otherwise a watch from known_
  bool consistent_ = false;   // that list is to be the newest state
  bool whole_ = false;        // and without pages: the last try's token was of no use
  bool plain_ = false;        // the server cannot send metadata alone
  bool idle_before_ = false;  // nothing good has come since a watch was given up for silence

  bool listing_ = false;  // the request is a page of a list
  Loop::Id request_ = 0;
  Loop::Id timer_ = 0;
  Loop::Id idle_ = 0;
  std::optional<RequestFailure> failure_;
  std::string error_body_;
  ListReader list_;
  Loop::TimePoint list_deadline_;
  std::optional<WatchReader> watch_;
  Loop::TimePoint watch_start_;
};

Reflector::Impl::Impl(ReflectorOptions options, Loop& loop, ObjectStore& store)
    : options_(std::move(options)),
      loop_(loop),
      store_(store),
      backoff_(options_.backoff),
      list_(options_, store) {
  if (IsWatchable(options_.resource_version)) {
    known_ = options_.resource_version;
    list_next_ = false;
  }
}

Reflector::Impl::~Impl() {
  if (listing_ && request_ != 0) {
    list_.Abandon();
  }
  loop_.Cancel(request_);
  loop_.CancelTimer(timer_);
  loop_.CancelTimer(idle_);
}

void Reflector::Impl::Start() {
  if (std::exchange(started_, true)) {
    return;
  }
  if (options_.start_jitter > milliseconds{0}) {
    GoAfter(Random(options_.start_jitter, 0));
  } else {
    Go();
  }
}

void Reflector::Impl::GoAfter(milliseconds delay) {
  timer_ = loop_.After(delay, [this] {
    timer_ = 0;
    Go();
  });
}

// ---------------------------------------------------------------------------------- any request

void Reflector::Impl::Send(Request request) {
  failure_.reset();
  error_body_.clear();
  request_ = loop_.Send(
      std::move(request), [this](int code, std::string_view bytes) { return OnBody(code, bytes); },
      [this](const Response& response) { OnDone(response); });
}

bool Reflector::Impl::OnBody(int code, std::string_view bytes) {
  stats_.bytes += bytes.size();
  if (code != 200) {
    error_body_.append(bytes.substr(0, kErrorBodyMost - error_body_.size()));
    return error_body_.size() < kErrorBodyMost;
  }
  if (!listing_) {
    OnWatchBody(bytes);
  } else if (const absl::Status status = list_.Feed(bytes); !status.ok()) {
    failure_ = FailureOf(status);
  }
  return !failure_.has_value();
}

void Reflector::Impl::OnDone(const Response& response) {
  request_ = 0;
  loop_.CancelTimer(std::exchange(idle_, 0));
  if (response.code == 406 && !plain_) {
    plain_ = true;
    ++stats_.failures;
    if (listing_) {
      list_.Abandon();
    }
    Go();
    return;
  }
  std::optional<RequestFailure> failure = FailureOfAnswer(response);
  listing_ ? OnPageDone(std::move(failure)) : OnWatchDone(std::move(failure));
}

std::optional<RequestFailure> Reflector::Impl::FailureOfAnswer(const Response& response) const {
  if (failure_.has_value()) {
    return failure_;
  }
  // A code tells more than how its body ended.
  if (response.code == 0 || response.code == 200) {
    if (!response.status.ok()) {
      return FailureOf(response.status);
    }
    return response.code == 200 ? std::nullopt : std::optional(RequestFailure{.text = "no answer"});
  }
  RequestFailure failure = FailureOf(ApiStatusOf(response.code, error_body_));
  if (response.code == 401) {
    failure.text += "; the API server does not accept the agent's credentials";
  } else if (response.code == 403) {
    failure.text += base::StrCat("; the agent needs get, list and watch on ", options_.what);
  }
  if (response.retry_after.has_value()) {
    failure.asked = response.retry_after;
  }
  return failure;
}

// The next try, after a back-off.
void Reflector::Impl::Fail(const RequestFailure& failure) {
  NoteFailure(failure.text);
  watch_.reset();
  consistent_ = consistent_ || failure.version_gone;
  list_next_ = list_next_ || failure.list_anew || failure.version_gone;
  GoAfter(backoff_.Next(loop_, failure.asked));
}

void Reflector::Impl::NoteFailure(std::string_view text) {
  ++stats_.failures;
  stats_.last_error = base::StrCat(listing_ ? "list of " : "watch of ", options_.what, ": ", text);
  if (!std::exchange(failing_, true)) {
    log::Warn(base::StrCat("kube: ", stats_.last_error));
  }
}

void Reflector::Impl::NoteSuccess() {
  stats_.last_error.clear();
  if (std::exchange(failing_, false)) {
    log::Info(base::StrCat("kube: the API server tells of ", options_.what, " again"));
  }
}

// ---------------------------------------------------------------------------------------- lists

void Reflector::Impl::BeginList() {
  listing_ = true;
  list_deadline_ = loop_.Now() + options_.list_timeout;
  list_.Begin();
  SendPage();
}

void Reflector::Impl::SendPage() {
  list_.BeginPage();
  const auto left = std::chrono::duration_cast<milliseconds>(list_deadline_ - loop_.Now());
  Send({.path = ListPath(options_.path, options_.query,
                         {.known = known_,
                          .consistent = consistent_,
                          .whole = whole_,
                          .page_size = options_.page_size,
                          .continue_token = list_.continue_token()}),
        .accept = std::string(plain_ ? kAcceptJson : kAcceptMetadataList),
        .total_timeout = std::max(left, milliseconds{1}),
        .compressed = true});
}

void Reflector::Impl::OnPageDone(std::optional<RequestFailure> failure) {
  if (!failure.has_value()) {
    failure = list_.EndPage();
  }
  const bool last = list_.continue_token().empty();
  if (!failure.has_value() && !last && loop_.Now() >= list_deadline_) {
    failure = RequestFailure{.text = "its pages took too long"};
  }
  if (failure.has_value()) {
    OnListFailed(*failure);
  } else if (last) {
    OnListRead();
  } else {
    SendPage();
  }
}

void Reflector::Impl::OnListFailed(const RequestFailure& failure) {
  list_.Abandon();
  if (failure.version_gone && !list_.continue_token().empty() && !whole_) {
    // The server has forgotten the state that the pages show. It cannot forget a single page.
    ++stats_.failures;
    consistent_ = true;
    whole_ = true;
    BeginList();
    return;
  }
  whole_ = false;
  Fail(failure);
}

void Reflector::Impl::OnListRead() {
  known_ = list_.resource_version();
  list_next_ = false;
  consistent_ = false;
  whole_ = false;
  idle_before_ = false;
  ++stats_.lists;
  list_.End();
  store_.Confirmed(known_);
  NoteSuccess();
  Watch();
}

// -------------------------------------------------------------------------------------- watches

void Reflector::Impl::Watch() {
  listing_ = false;
  watch_start_ = loop_.Now();
  watch_.emplace(options_.object_bytes_max, known_, store_);
  const auto timeout =
      std::chrono::duration_cast<std::chrono::seconds>(Random(options_.watch_timeout, 1));
  Send({.path = WatchPath(options_.path, options_.query, known_, timeout),
        .accept = std::string(plain_ ? kAcceptJson : kAcceptMetadata)});
  AwaitMessage();
}

void Reflector::Impl::AwaitMessage() {
  loop_.CancelTimer(idle_);
  idle_ = loop_.After(options_.watch_idle_timeout, [this] { OnIdle(); });
}

void Reflector::Impl::OnIdle() {
  idle_ = 0;
  loop_.Cancel(std::exchange(request_, 0));
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(options_.watch_idle_timeout);
  // Twice in a row: perhaps the server waits for a version that it will not reach, since its
  // storage was restored from a backup.
  const RequestFailure failure{.text = base::StrCat("no message for ", seconds.count(), " s"),
                               .list_anew = idle_before_};
  if (std::exchange(idle_before_, true)) {
    Fail(failure);
    return;
  }
  // One dead connection says nothing about the server.
  NoteFailure(failure.text);
  watch_.reset();
  GoAfter(Random(options_.backoff.first, 1));
}

void Reflector::Impl::OnWatchBody(std::string_view bytes) {
  const uint64_t messages = watch_->messages();
  const uint64_t changes = watch_->changes();
  failure_ = watch_->Feed(bytes);
  if (watch_->messages() == messages) {
    return;
  }
  known_ = watch_->resource_version();
  idle_before_ = false;
  stats_.watches += messages == 0 ? 1 : 0;
  stats_.changes += watch_->changes() - changes;
  store_.Confirmed(known_);
  NoteSuccess();
  AwaitMessage();
}

void Reflector::Impl::OnWatchDone(std::optional<RequestFailure> failure) {
  if (!failure.has_value()) {
    OnWatchBody("\n");  // the last message may have no end of its own
    loop_.CancelTimer(std::exchange(idle_, 0));
    failure = failure_;
  }
  const auto lasted = std::chrono::duration_cast<milliseconds>(loop_.Now() - watch_start_);
  const bool silent = watch_->messages() == 0;
  if (!failure.has_value() && silent && lasted < kShortWatch) {
    failure = RequestFailure{.text = "the server ended it at once"};
  }
  if (failure.has_value()) {
    Fail(*failure);
    return;
  }
  if (silent) {
    ++stats_.watches;
    store_.Confirmed(known_);
    NoteSuccess();
  }
  if (lasted < kShortWatch) {
    GoAfter(kShortWatch - lasted);
  } else {
    Watch();
  }
}

// ---------------------------------------------------------------------------------------------

Reflector::Reflector(ReflectorOptions options, Loop& loop, ObjectStore& store)
    : impl_(std::make_unique<Impl>(std::move(options), loop, store)) {}

Reflector::~Reflector() = default;

void Reflector::Start() {
  impl_->Start();
}

const Reflector::Stats& Reflector::stats() const {
  return impl_->stats();
}

}  // namespace sekisho::kube
