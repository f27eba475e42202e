// Who is told of containers that come and go through the agent.
#pragma once

#include <string_view>

#include "policy/facts.h"

namespace sekisho::enforce {

// Called on a queue's thread before the caller hears of it. Must not wait, and must copy what it
// keeps.
class ContainerObserver {
 public:
  virtual ~ContainerObserver() = default;
  // The runtime has made a container of the request with these facts, as it was forwarded. The id
  // is empty when its answer cannot be read.
  virtual void Created(std::string_view container_id, const policy::SandboxFacts& sandbox,
                       const policy::ContainerFacts& container) = 0;
  // Serialised requests that the runtime has answered with OK.
  virtual void Started(std::string_view start_container_request) = 0;
  virtual void Removed(std::string_view remove_container_request) = 0;
};

}  // namespace sekisho::enforce
