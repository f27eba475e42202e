#include "system/node_network.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"

namespace sekisho::testing {

void InNetworkOf(pid_t leader, const std::function<void()>& body) {
  const std::string path = "/proc/" + std::to_string(leader) + "/ns/net";
  std::async(std::launch::async, [&] {
    const base::UniqueFd network(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    // Of this thread alone, which ends with `body`.
    if (::setns(network.get(), CLONE_NEWNET) != 0) {
      throw std::runtime_error(path + ": " + std::strerror(errno));
    }
    body();
  }).get();
}

}  // namespace sekisho::testing
