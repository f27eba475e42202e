// The hook for checked methods: from a request's bytes to a verdict.
//
// Each request walks the same six steps: decode, facts, evaluate, edit, evaluate the result,
// record. The verdict that forwards is the last line of the walk; everything that goes wrong on the
// way ends in a refusal and a line in the audit log.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "audit/sink.h"
#include "config/snapshot.h"
#include "enforce/sandbox_registry.h"
#include "enforce/snapshot_holder.h"
#include "relay/call_hook.h"

namespace runtime::v1 {
class CreateContainerRequest;
}

namespace sekisho::enforce {

class Enforcer final : public relay::CallHook {
 public:
  // How long the runtime may take to say whose a sandbox is that this process did not see run.
  static constexpr std::chrono::milliseconds kLookupTimeout{5000};

  // Both outlive the enforcer.
  Enforcer(const SnapshotHolder& snapshots, audit::Sink& audit)
      : snapshots_(snapshots), audit_(audit) {}

  void OnRequest(const relay::MethodEntry& method, std::string_view request,
                 relay::UpstreamCaller& upstream,
                 std::function<void(relay::Verdict)> done) override;
  void OnResponse(const relay::MethodEntry& method, std::string_view request,
                  const absl::Status& status, std::string_view response) override;

  const SandboxRegistry& sandboxes() const { return sandboxes_; }

 private:
  using Done = std::function<void(relay::Verdict)>;
  using Found = std::function<void(absl::StatusOr<std::shared_ptr<const SandboxRecord>>)>;
  struct Request;  // one request on its walk; see enforcer.cc

  void RunPodSandbox(Request& request, std::string_view bytes);
  void CreateContainer(std::shared_ptr<Request> request, std::string_view bytes,
                       relay::UpstreamCaller& upstream);
  void DecideContainer(Request& request, const SandboxRecord& sandbox,
                       runtime::v1::CreateContainerRequest& message);
  void RestorePod(Request& request, std::string_view bytes);
  void CheckpointPod(std::shared_ptr<Request> request, std::string_view bytes,
                     relay::UpstreamCaller& upstream);

  // Finds whose the sandbox is: in the registry, or by asking the runtime.
  void FindSandbox(const std::string& sandbox_id, relay::UpstreamCaller& upstream, Found found);

  // The three ways out. Each records and answers; nothing else calls `done`.
  void Refuse(Request& request, std::string_view error_id, const absl::Status& status);
  void RefuseByPolicy(Request& request, policy::Decision decision);
  // Forwards the request, with `edited_bytes` in its place if given.
  void Let(Request& request, policy::Decision decision, std::optional<std::string> edited_bytes);
  void Record(Request& request, policy::Decision decision);

  const SnapshotHolder& snapshots_;
  audit::Sink& audit_;
  SandboxRegistry sandboxes_;
};

}  // namespace sekisho::enforce
