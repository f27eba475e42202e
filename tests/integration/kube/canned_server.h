// A TLS server that says what it was told to say, whatever it is asked: for answers that no real
// server gives. On 127.0.0.1, one connection at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/test_pki.h"

namespace sekisho::kube {

class CannedServer {
 public:
  struct Options {
    sekisho::testing::CertificateAndKey certificate;
    // After the head of each request; with `http2` at once.
    std::string answer;
    // Again and again after that, until the client goes away.
    std::string flood = {};
    std::chrono::microseconds flood_interval{0};
    bool close_after_answer = false;
    bool http2 = false;         // as ALPN chooses; the frames are the answer's matter
    bool only_old_tls = false;  // TLS 1.1 at most
  };

  explicit CannedServer(Options options);
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const;
  // The heads of the requests so far, each up to its empty line.
  std::vector<std::string> heads() const;

 private:
  struct Tls;

  void Serve();
  void Talk(int socket);

  const Options options_;
  base::UniqueFd listener_;
  uint16_t port_ = 0;
  std::unique_ptr<Tls> tls_;
  mutable std::mutex mu_;  // of what follows
  std::vector<std::string> heads_;
  int talking_ = -1;
  bool stopping_ = false;
  std::thread thread_;  // last
};

}  // namespace sekisho::kube
