// A name server that knows one name.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace sekisho::testing {

// Answers over UDP, at port 53 of 127.0.0.1, that `name` is 127.0.0.1 and has no IPv6 address, and
// that every other name does not exist. Throws std::runtime_error.
class NameServer {
 public:
  explicit NameServer(const std::string& name);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  int answered() const { return answered_; }  // with the address

 private:
  void Run();
  std::string AnswerTo(const std::string& query);

  const std::string name_;
  base::UniqueFd socket_;
  std::atomic<int> answered_ = 0;
  std::thread thread_;
};

}  // namespace sekisho::testing
