// One connection of a client: a socket, TLS on it, and an HTTP/2 session (nghttp2) in that.
#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "support/api_server.h"
#include "support/api_server_tls.h"
#include "support/api_server_watch.h"

namespace sekisho::testing::api {

// How a body trickles.
struct Trickle {
  size_t bytes;
  std::chrono::milliseconds interval;
};

// One request and its answer.
struct Stream {
  SeenRequest request;

  // The answer's body: it may grow until it is `ended`.
  std::string body = {};
  size_t sent = 0;
  bool ended = false;
  std::optional<Watch> watch = {};  // while it is an open one

  std::optional<Trickle> trickle = {};
  size_t may_send = 0;  // of a trickle, until the next
  TimePoint next_trickle = {};

  size_t pending() const { return body.size() - sent; }
};

class Connection {
 public:
  // Called once for each request, when all of it is there.
  using OnRequest = std::function<void(Connection& connection, int32_t stream)>;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Connection(base::UniqueFd socket, SSL_CTX* context, int number, OnRequest on_request);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return socket_.get(); }
  bool open() const { return open_; }
  bool client_verified() const { return client_.has_value() && client_->verified; }
  // Whether there is something to write that the kernel does not take yet.
  bool wants_to_write() const { return blocked_; }

  void Receive();  // what is there
  void Flush();    // as much as goes
  void Reset();    // the client sees a reset, not an end

  std::map<int32_t, Stream>& streams() { return streams_; }
  // The code and headers; the body follows from the stream.
  void Respond(int32_t stream, int code, const Headers& headers);
  // After a stream's body has grown, has ended or may go on.
  void Resume(int32_t stream);

 private:
  struct Callbacks;  // what nghttp2 calls

  void Take(const unsigned char* bytes, size_t size);
  bool FillOut();
  bool CheckHandshake();

  base::UniqueFd socket_;
  Ssl ssl_;
  const int number_;
  const OnRequest on_request_;
  nghttp2_session* session_ = nullptr;
  std::optional<TlsClient> client_;  // after the handshake
  std::map<int32_t, Stream> streams_;
  std::string out_;  // for TLS
  size_t out_sent_ = 0;
  bool open_ = true;
  bool blocked_ = false;
};

}  // namespace sekisho::testing::api
