// Where a runtime should be: something that speaks HTTP/2 as badly as a test wants it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/raw_http2.h"

namespace sekisho::testing {

// One connection of the agent's, as its other end has it.
class RawConnection {
 public:
  // `requests` counts those that came as a whole.
  RawConnection(int fd, std::atomic<int>& requests) : fd_(fd), requests_(requests), frames_(fd) {}

  // Takes the preface and sends SETTINGS, so that the agent takes this for a runtime.
  bool Greet();
  // The stream of the next request that came as a whole; 0 when the connection ended before.
  uint32_t NextRequest();
  // False when the other end has gone, or the runtime is stopped.
  bool Send(std::string_view bytes) const;
  // Again and again, without ever reading, until `bytes_max` went out or nothing more is taken for
  // a moment.
  void Flood(std::string_view bytes, size_t bytes_max) const;
  void EndWriting() const;
  // Until the agent closes it, or the runtime is stopped.
  void WaitForEnd();

 private:
  const int fd_;
  std::atomic<int>& requests_;
  http2::FrameReader frames_;
};

class RawRuntime {
 public:
  // What is done with each connection, on a thread of its own; it is closed afterwards.
  using Behaviour = std::function<void(RawConnection&)>;

  RawRuntime(const std::string& socket_path, Behaviour behaviour);
  ~RawRuntime();  // hangs up on everybody
  RawRuntime(const RawRuntime&) = delete;
  RawRuntime& operator=(const RawRuntime&) = delete;

  int connections() const { return connections_; }
  int requests() const { return requests_; }

 private:
  void Accept();
  void Serve(int fd);

  const std::string path_;
  const Behaviour behaviour_;
  base::UniqueFd listening_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;
  std::mutex mu_;
  std::vector<int> open_;              // guarded by mu_
  std::vector<std::thread> servants_;  // guarded by mu_
  std::thread acceptor_;
};

}  // namespace sekisho::testing
