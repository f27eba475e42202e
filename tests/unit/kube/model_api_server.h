// An API server in memory, for random tests of a reflector: objects that change, a history that is
// compacted, replicas that lag, and every fault that its answers can have. No time, no threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "fake_loop.h"
#include "reflector_bench.h"

namespace sekisho::kube {

class ModelApiServer {
 public:
  using Objects = NotingStore::Objects;

  ModelApiServer(FakeLoop& loop, unsigned seed) : loop_(loop), random_(seed) {
    states_[version_] = {};
    for (int i = 0; i < 10; ++i) {
      Change();
    }
  }

  // How often something goes wrong, from 0 to 1.
  void SetFaults(double part) { faults_ = part; }
  // Whether a watch may tell again, from some point on, of what it has told of already.
  void SetReplays(bool replays) { replays_ = replays; }

  void Change();
  void Compact();  // forgets a random part of the history
  // Answers the open request, or a part of it. Sometimes it does nothing.
  void Serve();
  void SendBookmark();  // when a watch is open and has been told of everything

  uint64_t version() const { return version_; }
  const Objects& At(uint64_t version) const {
    return std::prev(states_.upper_bound(version))->second;
  }
  const Objects& Now() const { return states_.rbegin()->second; }
  int requests() const { return requests_; }
  // Requests that came sooner after a failure, or after the watch before, than they may.
  const std::vector<std::string>& too_soon() const { return too_soon_; }

 private:
  struct Event {
    uint64_t version;
    std::string text;
  };

  bool Chance(double part) { return std::uniform_real_distribution<>(0, 1)(random_) < part; }
  uint64_t Between(uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>(least, most)(random_);
  }
  std::string Parameter(const std::string& name) const;

  void Notice(Loop::Id id);
  void Fault();
  void Gone();
  void ServeList();
  std::string ListBody(uint64_t version, uint64_t first, uint64_t limit);
  void BeginWatch();
  void ServeWatch();
  bool WatchFault();
  void SendEvents();
  void Refuse(int code, const std::string& body);
  // In random pieces. False: nobody wants it any more.
  bool Send(const std::string& bytes);
  void End(absl::Status status, int code = 200);
  void Failed() { not_before_ = loop_.Now() + kLeastBackoff; }

  static constexpr std::chrono::milliseconds kLeastBackoff{800};

  FakeLoop& loop_;
  std::mt19937 random_;
  double faults_ = 0;
  bool replays_ = false;

  uint64_t version_ = 100;
  uint64_t floor_ = 100;  // watches from before are gone
  std::map<uint64_t, Objects> states_;
  std::vector<Event> events_;

  Loop::Id id_ = 0;  // the request that is served now
  std::string path_;
  bool is_watch_ = false;
  bool accepted_ = false;
  bool deaf_ = false;  // there will be no answer
  Loop::TimePoint since_{};
  uint64_t watch_from_ = 0;
  uint64_t watched_ = 0;  // told of up to here
  int requests_ = 0;
  Loop::TimePoint not_before_{};
  std::vector<std::string> too_soon_;
};

}  // namespace sekisho::kube
