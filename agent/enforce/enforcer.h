// The hook for checked methods: from a request's bytes to a verdict.
//
// Each request walks the same six steps: decode, facts, evaluate, edit, evaluate the result,
// record. The verdict that forwards is the last line of the walk; everything that goes wrong on the
// way ends in a refusal and a line in the audit log.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "audit/sink.h"
#include "config/snapshot.h"
#include "enforce/container_observer.h"
#include "enforce/judge.h"
#include "enforce/profiles.h"
#include "enforce/sandbox_finder.h"
#include "enforce/snapshot_holder.h"
#include "mounts/resolver.h"
#include "relay/call_hook.h"

namespace runtime::v1 {
class CreateContainerRequest;
}  // namespace runtime::v1

namespace sekisho::enforce {

class Enforcer final : public relay::CallHook {
 public:
  // What is known of the cluster's namespaces now. Called once for each request, as it comes, so
  // that one which is under way keeps what held then. Any thread; must not wait.
  using Namespaces = std::function<policy::NamespaceView()>;

  struct Options {
    // What a seccomp profile of the node is worth. Null: nobody looks at these files, as in a test
    // without a node.
    const Profiles* profiles = nullptr;
    Namespaces namespaces = {};               // empty: no API server is asked
    ContainerObserver* containers = nullptr;  // null: nobody is told
    bool keep_facts = false;                  // audit::Record::facts
  };

  // All outlive the enforcer, the options' pointers too. `mounts` says whose a path of the node is.
  Enforcer(const SnapshotHolder& snapshots, audit::Sink& audit, mounts::Resolver mounts,
           Options options)
      : snapshots_(snapshots),
        audit_(audit),
        mounts_(std::move(mounts)),
        options_(std::move(options)),
        profiles_(options_.profiles) {}
  Enforcer(const SnapshotHolder& snapshots, audit::Sink& audit, mounts::Resolver mounts)
      : Enforcer(snapshots, audit, std::move(mounts), Options()) {}

  void OnRequest(const relay::MethodEntry& method, std::string_view request,
                 relay::UpstreamCaller& upstream,
                 std::function<void(relay::Verdict)> done) override;
  void OnResponse(const relay::MethodEntry& method, std::string_view request,
                  const relay::Kept* kept, const absl::Status& status,
                  std::string_view response) override;

  const SandboxFinder& sandboxes() const { return sandboxes_; }
  // Containers that were let through as privileged: containerd gives them no seccomp filter,
  // whatever the request says.
  uint64_t seccomp_ignored() const { return seccomp_ignored_; }

 private:
  using Done = std::function<void(relay::Verdict)>;
  struct Request;  // one request on its walk; see enforcer.cc

  // What was judged is recorded and answered.
  void Conclude(Request& request, Judgement judgement);

  void RunPodSandbox(const std::shared_ptr<Request>& request, std::string_view bytes,
                     relay::UpstreamCaller& upstream);
  void CreateContainer(std::shared_ptr<Request> request, std::string_view bytes,
                       relay::UpstreamCaller& upstream);
  // `without`: how it is judged without the user namespace that the pod asks for, if it does. Where
  // that makes a difference the runtime is asked whether `handler` has any, and the request refused
  // if it has not, or does not say.
  void ConcludeWith(std::shared_ptr<Request> request, Judgement judgement,
                    const std::optional<Judgement>& without, const std::string& handler,
                    relay::UpstreamCaller& upstream);
  // Once it is known whose sandbox it is: whose container's pids it wants to see, then the policy.
  void CheckTarget(std::shared_ptr<Request> request, std::shared_ptr<const SandboxRecord> sandbox,
                   std::shared_ptr<runtime::v1::CreateContainerRequest> message,
                   relay::UpstreamCaller& upstream);
  void DecideContainer(const std::shared_ptr<Request>& request, const SandboxRecord& sandbox,
                       runtime::v1::CreateContainerRequest& message,
                       relay::UpstreamCaller& upstream);
  void RestorePod(Request& request, std::string_view bytes);
  void CheckpointPod(std::shared_ptr<Request> request, std::string_view bytes,
                     relay::UpstreamCaller& upstream);

  // A change of cgroup limits. The kubelet's CPU manager sends one for each container every few
  // seconds, so those that no policy could mind go through without a look-up or a record.
  template <typename Message>
  void UpdateResources(std::shared_ptr<Request> request, std::string_view bytes,
                       relay::UpstreamCaller& upstream);
  void DecideUpdate(std::shared_ptr<Request> request, const SandboxFinder::Container& container,
                    policy::ContainerFacts facts, relay::UpstreamCaller& upstream);

  Judge JudgeFor(const Request& request, const Profiles* profiles) const;

  void TellOfContainer(const relay::Kept* kept, std::string_view response);
  void LearnOfProfile(std::string_view request, std::string_view response);

  // The ways out, with Conclude. Each records and answers; nothing else calls `done`, but for
  // changes of resources that no policy could mind.
  void Refuse(Request& request, std::string_view error_id, const absl::Status& status);
  // Forwards a request that nobody judges: the policy enforces nothing for its pod.
  void LetUnjudged(Request& request);
  void Record(Request& request, policy::Decision decision);

  const SnapshotHolder& snapshots_;
  audit::Sink& audit_;
  const mounts::Resolver mounts_;
  const Options options_;
  const Profiles* const profiles_;  // of options_
  std::atomic<uint64_t> seccomp_ignored_ = 0;
  SandboxFinder sandboxes_;
};

}  // namespace sekisho::enforce
