// The fastest runtime there is: one thread that answers each call with bytes made before.
#pragma once

#include <sys/types.h>

#include <string>

#include "bench/answers.h"

namespace sekisho::bench {

// A process of its own, which ends with this object and with this process, however that ends.
class StubRuntime {
 public:
  // Listens when this returns. Before the first thread of this process is started, since it forks.
  // Throws std::runtime_error where it cannot.
  StubRuntime(const std::string& socket_path, const Answers& answers);
  ~StubRuntime();
  StubRuntime(const StubRuntime&) = delete;
  StubRuntime& operator=(const StubRuntime&) = delete;

 private:
  pid_t pid_;
};

}  // namespace sekisho::bench
