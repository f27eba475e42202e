// Whose sandbox is this, and whose container? Asked of what this process saw, then of the runtime.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "enforce/sandbox_registry.h"
#include "relay/call_hook.h"

namespace sekisho::enforce {

class SandboxFinder {
 public:
  // How long the runtime may take to say whose a sandbox is that this process did not see run.
  static constexpr std::chrono::milliseconds kLookupTimeout{5000};

  using Found = std::function<void(absl::StatusOr<std::shared_ptr<const SandboxRecord>>)>;

  // `found` gets what is known of the sandbox, at once or when the runtime has answered. An error
  // is meant for the caller: never a code that a kubelet takes for a runtime that is down.
  void Find(const std::string& sandbox_id, relay::UpstreamCaller& upstream, Found found);
  // The container's name, and the id of the sandbox that it is in: always the runtime's word.
  struct Container {
    std::string name;
    std::string sandbox_id;
  };
  void FindContainer(const std::string& container_id, relay::UpstreamCaller& upstream,
                     std::function<void(absl::StatusOr<Container>)> found);

  void Learn(std::string_view sandbox_id, SandboxRecord record) {
    registry_.Put(sandbox_id, std::move(record));
  }
  void Forget(std::string_view sandbox_id) { registry_.Remove(sandbox_id); }
  size_t size() const { return registry_.size(); }

 private:
  SandboxRegistry registry_;
};

}  // namespace sekisho::enforce
