// Compares, on a thread of its own, what runs with what was decided: at the start, each container
// soon after it was started, and every few minutes.
//
// It only looks and says: nothing is ever killed by it. It also keeps the ledger of the containers
// that passed the agent, and asks the runtime every few seconds whether it is still there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "app/late_thread.h"
#include "enforce/container_observer.h"
#include "enforce/snapshot_holder.h"
#include "policy/facts.h"
#include "policy/namespace_labels.h"
#include "verify/expected.h"
#include "verify/ledger.h"
#include "verify/result.h"
#include "verify/verifier.h"

namespace sekisho::app {

struct VerifyLoopOptions {
  std::string state_dir;
  std::string kubelet_root;
  std::string runtime_socket;
  std::chrono::seconds interval{300};  // 0: only at the start, and what is started
  // One unary call to the runtime that waits; fails at once when the agent is shut down.
  std::function<absl::StatusOr<std::string>(std::string_view method, std::string request)> call;
  std::function<policy::NamespaceView()> namespaces;  // empty: no API server is asked
  // One that may look at other processes; null: a new one. See harden/landlock.h.
  std::unique_ptr<LateThread> thread = {};
};

// What is wrong with a container, on one line: for the log and `sekisho status`.
std::string FindingOf(const verify::Container& container);

class VerifyLoop final : public enforce::ContainerObserver {
 public:
  // What waits to be looked at, at most. Beyond it containers are not entered in the ledger, which
  // is said in the log and ends in their being reported as ones that did not pass.
  static constexpr size_t kQueueMax = 4096;
  static constexpr size_t kQueueBytesMax = size_t{8} << 20;
  static constexpr size_t kRemovalsMax = size_t{8} * kQueueMax;

  explicit VerifyLoop(const enforce::SnapshotHolder& snapshots) : snapshots_(snapshots) {}
  ~VerifyLoop() override { Stop(); }

  // What was observed before is still there. Called once.
  void Start(VerifyLoopOptions options);
  // From now on the runtime is not asked any more. What is queued is still entered in the ledger.
  void TellToStop();
  // Ends the thread; waits for a call to the runtime that is under way.
  void Stop();

  void Created(std::string_view container_id, const policy::SandboxFacts& sandbox,
               const policy::ContainerFacts& container) override;
  void Started(std::string_view start_container_request) override;
  void Removed(std::string_view remove_container_request) override;

  // From here on: any thread.
  struct Standing {
    // With what was found since of containers just started; null before the first comparison.
    std::shared_ptr<const verify::Result> last;
    double duration_seconds = 0;  // of the last comparison of all
    bool runtime_answers = true;
    std::string runtime;       // "containerd 1.6.20"; empty before it was asked
    uint64_t not_entered = 0;  // containers that the ledger could not take
  };
  Standing standing() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Happening {
    enum class Kind { kCreated, kStarted, kRemoved } kind;
    std::string request = {};  // kStarted, kRemoved
    std::string id = {};       // kCreated, and what follows
    policy::PodIdentity pod = {};
    std::string name = {};
    verify::Expected expected = {};
  };

  struct Look {
    std::string id;
    bool again;  // it was weaker than it must be
  };

  static size_t BytesOf(const Happening& happening);
  void Push(Happening happening);
  void Run();
  std::optional<Happening> Next(Clock::time_point until);
  void Handle(const Happening& happening);
  void Enter(const Happening& created);
  void Forget(const std::string& id);
  // A container that was just started. One that is weaker than it must be is looked at once more
  // before anything is said: its process may not have come to its program yet.
  void LookAt(const std::string& id, bool again);
  // When to do it again.
  Clock::time_point LookAtAll();
  void ForgetRemoved();
  void AskRuntime();
  void Say(const verify::Container& container);
  // Of one container, or with no id of all.
  verify::Basis BasisNow(const std::string& id) const;

  const enforce::SnapshotHolder& snapshots_;
  VerifyLoopOptions options_;
  std::unique_ptr<verify::Ledger> ledger_;
  std::optional<verify::Verifier> verifier_;

  // Only the thread.
  std::multimap<Clock::time_point, Look> looks_;  // when which container is to be looked at
  int too_early_ = 0;                             // times in a row
  std::set<std::string> said_;                    // what is in the log already

  mutable std::mutex mu_;
  std::condition_variable changed_;
  std::deque<Happening> queue_;  // guarded by mu_
  size_t queue_bytes_ = 0;       // guarded by mu_
  bool told_to_stop_ = false;    // guarded by mu_
  bool stopping_ = false;        // guarded by mu_
  Standing standing_;            // guarded by mu_
  std::unique_ptr<LateThread> thread_;
};

}  // namespace sekisho::app
