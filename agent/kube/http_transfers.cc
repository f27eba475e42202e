#include "kube/http_transfers.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <new>

#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

CURLM* NewMulti() {
  static std::once_flag once;
  std::call_once(once, [] { (void)curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) {
    throw std::bad_alloc();
  }
  (void)curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  return multi;
}

}  // namespace

HttpTransfers::HttpTransfers(const HttpLoopOptions& options)
    : options_(options), multi_(NewMulti()), reader_(options.credentials) {}

HttpTransfers::~HttpTransfers() {
  Reap();
  for (const auto& [id, transfer] : transfers_) {
    transfer->Mute();
    Detach(*transfer);
  }
  transfers_.clear();
  current_.reset();
  (void)curl_multi_cleanup(multi_);
}

void HttpTransfers::Send(Loop::Id id, Request request, Loop::OnBody on_body, Loop::OnDone on_done,
                         TimePoint now) {
  const std::chrono::milliseconds limit = request.total_timeout;
  transfers_.emplace(id, std::make_unique<HttpTransfer>(id, std::move(request), std::move(on_body),
                                                        std::move(on_done), now));
  waiting_.push_back(id);
  if (limit > std::chrono::milliseconds::zero()) {
    // Not libcurl's timeout: that one does not run while a request waits for a connection.
    deadlines_.Add(id, now + limit, [this, id] { RunOutOfTime(id); });
  }
}

void HttpTransfers::Cancel(Loop::Id id, TimePoint now) {
  auto node = transfers_.extract(id);
  if (node.empty()) {
    return;
  }
  deadlines_.Cancel(id);
  HttpTransfer& transfer = *node.mapped();
  transfer.Mute();
  if (transfer.identity() != nullptr && now - transfer.LastSign() >= options_.silence) {
    GiveUp(transfer.identity());
  }
  cancelled_.push_back(std::move(node.mapped()));
}

bool HttpTransfers::Round(TimePoint now) {
  const uint64_t before = happened_;
  Reap();
  BeginWaiting();
  int running = 0;
  (void)curl_multi_perform(multi_, &running);
  CollectEnded();
  deadlines_.RunDue(now);
  TellEnded();
  Reap();
  return happened_ != before;
}

bool HttpTransfers::HasWork() const {
  return !waiting_.empty() || !ended_.empty() || !cancelled_.empty();
}

void HttpTransfers::Sleep(std::chrono::milliseconds most) {
  (void)curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
}

void HttpTransfers::Wake() {
  (void)curl_multi_wakeup(multi_);
}

void HttpTransfers::ShutDown() {
  sockets_.ShutDown();
}

absl::StatusOr<std::shared_ptr<HttpIdentity>> HttpTransfers::CurrentIdentity() {
  SEKISHO_ASSIGN_OR_RETURN(std::shared_ptr<const Credentials> credentials, reader_.Read());
  if (current_ == nullptr || !current_->IsFor(credentials)) {
    SEKISHO_ASSIGN_OR_RETURN(current_, HttpIdentity::Create(std::move(credentials)));
  }
  return current_;
}

void HttpTransfers::GiveUp(const std::shared_ptr<HttpIdentity>& identity) {
  if (current_ == identity) {
    current_.reset();
  }
}

void HttpTransfers::BeginWaiting() {
  for (const Loop::Id id : std::exchange(waiting_, {})) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) {
      continue;  // cancelled
    }
    ++happened_;
    if (absl::Status status = Begin(*found->second); !status.ok()) {
      End(*found->second, {.status = std::move(status), .code = 0, .retry_after = {}});
    }
  }
}

absl::Status HttpTransfers::Begin(HttpTransfer& transfer) {
  SEKISHO_ASSIGN_OR_RETURN(std::shared_ptr<HttpIdentity> identity, CurrentIdentity());
  SEKISHO_RETURN_IF_ERROR(transfer.Prepare(std::move(identity), context_));
  if (const CURLMcode code = curl_multi_add_handle(multi_, transfer.handle()); code != CURLM_OK) {
    return absl::UnavailableError(StrCat("libcurl takes no request: ", curl_multi_strerror(code)));
  }
  return absl::OkStatus();
}

void HttpTransfers::CollectEnded() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    const CURLcode code = message->data.result;
    void* self = nullptr;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    auto& transfer = *static_cast<HttpTransfer*>(self);
    if (transfer.muted()) {
      continue;  // cancelled meanwhile
    }
    Response response = transfer.End(code);
    if (!response.status.ok() && !absl::IsCancelled(response.status)) {
      // Also where libcurl would keep the connection: it does not know of what its error is a sign.
      GiveUp(transfer.identity());
    }
    End(transfer, std::move(response));
  }
}

void HttpTransfers::RunOutOfTime(Loop::Id id) {
  HttpTransfer& transfer = *transfers_.at(id);
  std::string where = "the API server";
  if (transfer.identity() != nullptr) {
    where = transfer.identity()->where();
    GiveUp(transfer.identity());
  }
  End(transfer,
      transfer.EndWith(absl::DeadlineExceededError(StrCat(
          "no whole answer from ", where, " within ", transfer.total_timeout().count(), " ms"))));
}

void HttpTransfers::End(HttpTransfer& transfer, Response response) {
  ++happened_;
  deadlines_.Cancel(transfer.id());
  transfer.Mute();
  Detach(transfer);
  ended_.emplace_back(transfer.id(), std::move(response));
}

void HttpTransfers::TellEnded() {
  while (!ended_.empty()) {
    const Loop::Id id = ended_.front().first;
    const Response response = std::move(ended_.front().second);
    ended_.pop_front();
    // Whoever is told before may have cancelled it.
    if (const auto node = transfers_.extract(id); !node.empty()) {
      if (absl::IsCancelled(response.status)) {
        GiveUpIfAlone(*node.mapped());
      }
      node.mapped()->on_done()(response);
    }
  }
}

void HttpTransfers::Reap() {
  for (auto& transfer : std::exchange(cancelled_, {})) {
    Detach(*transfer);
    GiveUpIfAlone(*transfer);
    transfer.reset();
  }
}

// libcurl tells the server that a stream is over together with the next thing that it sends there.
// Until then a watch that nobody listens to would go on. Where nothing else is on the connection,
// closing it says so at once.
void HttpTransfers::GiveUpIfAlone(const HttpTransfer& transfer) {
  constexpr int kCurrentAndTransfer = 2;
  if (transfer.identity() != nullptr && transfer.identity().use_count() == kCurrentAndTransfer) {
    GiveUp(transfer.identity());
  }
}

void HttpTransfers::Detach(HttpTransfer& transfer) {
  if (transfer.handle() != nullptr) {
    (void)curl_multi_remove_handle(multi_, transfer.handle());
  }
}

}  // namespace sekisho::kube
