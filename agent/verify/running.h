// What runs, as the runtime tells it by CRI.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "verify/verifier.h"

namespace google::protobuf {
class MessageLite;
}

namespace runtime::v1 {
class Container;
}

namespace sekisho::verify {

// Every container and sandbox that the runtime knows, whatever its state.
struct Known {
  std::unordered_set<std::string> ids;
  std::unordered_set<pid_t> pids;  // first processes of sandboxes
};

// Questions to the runtime for one comparison: what is asked twice is remembered.
class Inquiry {
 public:
  using Call = decltype(VerifierOptions::call);
  explicit Inquiry(const Call& call) : call_(call) {}

  // What cannot be asked is an error each, in words for people. A container that ends meanwhile is
  // none.
  std::vector<Running> AllRunning(std::vector<std::string>& errors);
  // NOT_FOUND: the runtime does not know it, or it does not run.
  absl::StatusOr<Running> One(const std::string& container_id);
  // Asks again. False when it cannot be asked: then what was found stands.
  bool HasEnded(const Running& running) const;
  absl::StatusOr<Known> AllKnown();

 private:
  struct Sandbox {
    policy::SandboxFacts facts;
    bool complete = false;
    pid_t pid = 0;
  };

  absl::Status Ask(std::string_view method, const google::protobuf::MessageLite& request,
                   google::protobuf::MessageLite& response) const;
  absl::StatusOr<Running> Look(const runtime::v1::Container& container);
  absl::StatusOr<std::shared_ptr<const Sandbox>> SandboxOf(const std::string& sandbox_id);

  const Call& call_;
  std::map<std::string, std::shared_ptr<const Sandbox>> sandboxes_;
};

}  // namespace sekisho::verify
