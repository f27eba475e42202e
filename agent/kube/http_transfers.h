// All requests of a loop, from Send to their end, over one multi handle of libcurl.
//
// libcurl forbids most calls from inside its callbacks, and callers may send and cancel from
// anywhere. So both are only noted down, and done between libcurl's turns.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "kube/credentials.h"
#include "kube/http_identity.h"
#include "kube/http_loop.h"
#include "kube/http_sockets.h"
#include "kube/http_transfer.h"
#include "kube/loop.h"
#include "kube/timers.h"

namespace sekisho::kube {

class HttpTransfers {
 public:
  using TimePoint = Loop::TimePoint;

  // `options` outlive it.
  explicit HttpTransfers(const HttpLoopOptions& options);
  // Ends every request without a callback.
  ~HttpTransfers();
  HttpTransfers(const HttpTransfers&) = delete;
  HttpTransfers& operator=(const HttpTransfers&) = delete;

  void Send(Loop::Id id, Request request, Loop::OnBody on_body, Loop::OnDone on_done,
            TimePoint now);
  void Cancel(Loop::Id id, TimePoint now);

  // Begins what waits, gives libcurl its turn, and tells of what has ended. True when anything
  // happened that a caller could notice.
  bool Round(TimePoint now);
  // Something is to be done at once: no sleep before the next round.
  bool HasWork() const;
  // When the first request runs out of time.
  std::optional<TimePoint> Next() const { return deadlines_.Next(); }
  // Until libcurl has something to do, or Wake, or the time is over.
  void Sleep(std::chrono::milliseconds most);
  void Wake();      // from any thread
  void ShutDown();  // from any thread: ends every connection, as if the server had

 private:
  // Which connections a new request uses.
  absl::StatusOr<std::shared_ptr<HttpIdentity>> CurrentIdentity();
  void GiveUp(const std::shared_ptr<HttpIdentity>& identity);

  void BeginWaiting();
  absl::Status Begin(HttpTransfer& transfer);
  void CollectEnded();
  void RunOutOfTime(Loop::Id id);
  void End(HttpTransfer& transfer, Response response);
  void TellEnded();
  void Reap();
  // Out of libcurl's hands; not from inside its callbacks.
  void Detach(HttpTransfer& transfer);
  void GiveUpIfAlone(const HttpTransfer& transfer);

  const HttpLoopOptions& options_;
  HttpSockets sockets_;
  uint64_t happened_ = 0;
  const HttpContext context_{.options = options_, .sockets = sockets_, .signs = happened_};
  void* const multi_;  // a CURLM
  CredentialsReader reader_;
  std::shared_ptr<HttpIdentity> current_;
  std::map<Loop::Id, std::unique_ptr<HttpTransfer>> transfers_;
  std::vector<Loop::Id> waiting_;                         // not begun
  std::deque<std::pair<Loop::Id, Response>> ended_;       // not yet told
  std::vector<std::unique_ptr<HttpTransfer>> cancelled_;  // libcurl may still have them
  Timers deadlines_;                                      // by the requests' ids
};

}  // namespace sekisho::kube
