// The thread that takes connections off the listening socket.
#pragma once

#include <functional>
#include <thread>

#include "base/unique_fd.h"

namespace sekisho::app {

// Accepts until it is destroyed, and gives each connection to `serve`, on its own thread.
class Acceptor {
 public:
  // `listening_fd` is non-blocking, is not owned and outlives the acceptor.
  Acceptor(int listening_fd, std::function<void(base::UniqueFd)> serve);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

 private:
  void Run();
  // False when there is none to accept now, or no descriptor left to accept it with.
  bool AcceptOne();

  const int listening_fd_;
  const std::function<void(base::UniqueFd)> serve_;
  base::UniqueFd stop_;  // an eventfd
  bool out_of_descriptors_ = false;
  std::thread thread_;
};

}  // namespace sekisho::app
