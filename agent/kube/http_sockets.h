// The sockets of a loop's connections, so that another thread can end them.
#pragma once

#include <mutex>
#include <set>

namespace sekisho::kube {

class HttpSockets {
 public:
  HttpSockets() = default;
  ~HttpSockets();  // closes what is left, which is nothing when libcurl was ended before
  HttpSockets(const HttpSockets&) = delete;
  HttpSockets& operator=(const HttpSockets&) = delete;

  // Like socket(2) and close(2). What is opened is not inherited by other programs, as libcurl's
  // own sockets would be.
  int Open(int family, int type, int protocol);
  int Close(int socket);
  // From any thread: ends every connection; who reads from it finds its end.
  void ShutDown();

 private:
  std::mutex mu_;
  std::set<int> open_;
};

}  // namespace sekisho::kube
