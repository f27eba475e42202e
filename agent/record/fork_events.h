// Which process forked which, as the kernel tells it while it happens (linux/cn_proc.h).
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::record {

class ForkEvents {
 public:
  // Needs CAP_NET_ADMIN, the first network, pid and user namespaces, and a kernel with
  // CONFIG_PROC_EVENTS.
  static absl::StatusOr<ForkEvents> Listen();
  ForkEvents(ForkEvents&&) = default;
  ForkEvents& operator=(ForkEvents&&) = delete;
  ForkEvents(const ForkEvents&) = delete;
  ForkEvents& operator=(const ForkEvents&) = delete;
  ~ForkEvents();

  // Hands over every fork so far, in order: (parent, child), processes and not threads. The kernel
  // sends the event before the child runs, so a record of the child never comes before it. Forks
  // are lost when nobody drains for long.
  void Drain(const std::function<void(pid_t parent, pid_t child)>& forked);

 private:
  explicit ForkEvents(base::UniqueFd fd);

  base::UniqueFd fd_;
  std::vector<char> buffer_;
};

}  // namespace sekisho::record
