// Who is told of containers that come and go through the agent.
#pragma once

#include <string_view>

namespace sekisho::enforce {

// Called on a queue's thread before the caller hears of it. Must not wait, and must copy what it
// keeps.
class ContainerObserver {
 public:
  virtual ~ContainerObserver() = default;
  // The runtime has made a container: the serialised CreateContainerRequest as it was forwarded,
  // and the CreateContainerResponse.
  virtual void Created(std::string_view request, std::string_view response) = 0;
  // Serialised requests that the runtime has answered with OK.
  virtual void Started(std::string_view start_container_request) = 0;
  virtual void Removed(std::string_view remove_container_request) = 0;
};

}  // namespace sekisho::enforce
