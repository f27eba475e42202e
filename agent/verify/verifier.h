// Compares what runs with what was decided.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/facts.h"
#include "policy/namespace_labels.h"
#include "policy/policy.h"
#include "verify/ledger.h"
#include "verify/result.h"

namespace sekisho::verify {

struct VerifierOptions {
  std::string proc = "/proc";
  std::string kubelet_root = "/var/lib/kubelet";
  // The agent's: the pinned copies of seccomp profiles lie in "seccomp" below it.
  std::string state_dir = "/var/lib/sekisho";
  // The runtime's own socket. What runs under the shims of another containerd is not looked at.
  // Empty: every shim's is.
  std::string runtime_socket = {};
  // One unary call to the runtime (never through the agent, so that an agent that hangs hides
  // nothing): the whole method's name and serialised messages, as relay::CallOnce has them.
  std::function<absl::StatusOr<std::string>(std::string_view method, std::string request)> call =
      {};
};

// What the comparison is with. Taken anew for every run.
struct Basis {
  std::shared_ptr<const policy::Policy> policy;
  policy::NamespaceView namespaces;
  LedgerView ledger;
};

// One container that runs, as the runtime tells of it.
struct Running {
  std::string id;
  std::string sandbox_id;
  pid_t pid = 0;  // of its first process, in the runtime's pid namespace
  std::string image;
  std::chrono::system_clock::time_point created;
  // containerd's: "io.containerd.runc.v2"; empty: not told.
  std::string runtime_type;
  policy::SandboxFacts sandbox;      // PodSandboxStatus, as the agent rebuilds it after a restart
  bool sandbox_known = false;        // false: only metadata, annotations, labels and namespaces are
  policy::ContainerFacts container;  // of the ContainerConfig that the runtime was given
  bool config_known = false;  // false: the runtime keeps no config that we can read (`container`
                              // has what ContainerStatus tells: name, annotations, labels, mounts)
};

class Verifier {
 public:
  explicit Verifier(VerifierOptions options) : options_(std::move(options)) {}

  // Every running container. What fails for one is an error of the result, and the others are
  // looked at all the same.
  Result Run(const Basis& basis) const;
  // One container of CRI, such as one that was just started. NOT_FOUND when it does not run.
  absl::StatusOr<Container> One(const Basis& basis, const std::string& container_id) const;

  // What runs, by CRI alone: for `sekisho replay --live`. `errors` gets what could not be asked.
  std::vector<Running> ListRunning(std::vector<std::string>& errors) const;

 private:
  const VerifierOptions options_;
};

// Whether something was found of a container that is so young that the agent may be about to write
// it down, the runtime to tell of it, or its process to come to its program: then look again before
// it is believed.
bool IsTooEarly(const Result& result);

// What is weaker in `process` than it must be. `host` is a process of the host, pid 1, whose
// namespaces are the host's; where the kernel did not tell, there is no difference.
std::vector<Difference> Compare(const Expected& expected, const procfs::Process& process,
                                const procfs::Process& host);

}  // namespace sekisho::verify
