// One HTTP/2 connection over a non-blocking unix socket, for the stub and the load generator.
//
// libnghttp2 and one thread, since a gRPC library at both ends would cost more than the proxies
// between them.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/unique_fd.h"

namespace sekisho::bench {

class H2Session {
 public:
  enum class Side { kClient, kServer };

  // `fd` is made non-blocking. `callbacks` are copied; `user_data` goes to each of them.
  H2Session(base::UniqueFd fd, Side side, const nghttp2_session_callbacks& callbacks,
            void* user_data);
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  // Takes what has arrived, in callbacks. An error: the connection is over.
  absl::Status Read();
  // Sends what there is to send, until the socket takes no more.
  absl::Status Flush();
  // Whether Flush() left something, so that it has to be called when the socket takes more.
  bool blocked() const { return blocked_; }

  int fd() const { return fd_.get(); }
  nghttp2_session* get() const { return session_.get(); }

 private:
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  absl::Status FillOut();

  base::UniqueFd fd_;
  std::unique_ptr<nghttp2_session, Delete> session_;
  std::string out_;
  size_t sent_ = 0;
  bool blocked_ = false;
};

// A header that nghttp2 does not copy: both texts have to live until it was sent.
nghttp2_nv BorrowedHeader(std::string_view name, std::string_view value);

// A message as gRPC sends it: not compressed, its length, the message.
std::string Framed(std::string_view message);

}  // namespace sekisho::bench
