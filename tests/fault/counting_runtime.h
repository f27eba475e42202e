// A runtime that counts what must not have reached it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "runtime/v1/api.pb.h"
#include "support/fake_runtime.h"

namespace sekisho::testing {

// A name says what has to become of a pod or a container under kFaultPolicy. Those of a fault test
// all begin with one of these.
inline constexpr char kAllowed[] = "allowed-";
inline constexpr char kHardened[] = "hardened-";
inline constexpr char kForbidden[] = "forbidden-";

// `baseline`, NET_RAW taken from every container, sysctls that are not allowed taken out.
inline constexpr char kFaultPolicy[] = R"(
apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline}
harden: {capabilities: {drop: [NET_RAW]}}
onViolation: {sysctls: harden}
)";

// The answers of a runtime, for a FakeRuntime. Ids follow from what is asked for, so that the same
// request again is no second sandbox: the memory of a long run is bounded. Thread-safe; outlives
// the FakeRuntime.
class CountingRuntime {
 public:
  FakeReply Answer(const FakeCall& call);

  // RunPodSandbox and CreateContainer.
  uint64_t sandboxes() const { return sandboxes_run_; }
  uint64_t containers() const { return containers_; }
  // Of these: by its name forbidden, without the hardening that its name announces, or not a whole
  // request with such a name.
  uint64_t wrong() const { return wrong_; }
  std::string first_wrong() const;

 private:
  FakeReply RunSandbox(const std::string& bytes);
  FakeReply CreateContainer(const std::string& bytes);
  FakeReply SandboxStatus(const std::string& bytes) const;
  void Wrong(const std::string& what);

  std::atomic<uint64_t> sandboxes_run_ = 0;
  std::atomic<uint64_t> containers_ = 0;
  std::atomic<uint64_t> wrong_ = 0;
  mutable std::mutex mu_;
  std::map<std::string, runtime::v1::PodSandboxConfig> sandboxes_;  // guarded by mu_
  std::string first_wrong_;                                         // guarded by mu_
};

}  // namespace sekisho::testing
