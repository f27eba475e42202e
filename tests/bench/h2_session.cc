#include "bench/h2_session.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::bench {
namespace {

// So that no window is what is measured.
constexpr int32_t kWindow = 16 << 20;
// Above what is ever in flight.
constexpr uint32_t kStreamsMost = 1024;
constexpr size_t kReadMost = size_t{256} << 10;
constexpr size_t kWriteMost = size_t{256} << 10;

struct Http2Option {
  Http2Option() {
    nghttp2_option_new(&option);
    // For priorities, which nobody here uses; it costs memory and time.
    nghttp2_option_set_no_closed_streams(option, 1);
  }
  ~Http2Option() { nghttp2_option_del(option); }
  Http2Option(const Http2Option&) = delete;
  Http2Option& operator=(const Http2Option&) = delete;

  nghttp2_option* option = nullptr;
};

nghttp2_session* NewSession(H2Session::Side side, const nghttp2_session_callbacks& callbacks,
                            void* user_data) {
  const Http2Option options;
  nghttp2_session* session = nullptr;
  const auto make = side == H2Session::Side::kClient ? &nghttp2_session_client_new2
                                                     : &nghttp2_session_server_new2;
  (void)make(&session, &callbacks, user_data, options.option);
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMost},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
  };
  (void)nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  (void)nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindow);
  return session;
}

absl::Status Broken(std::string_view what, const char* why) {
  return absl::UnavailableError(base::StrCat(what, ": ", why));
}

uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

H2Session::H2Session(base::UniqueFd fd, Side side, const nghttp2_session_callbacks& callbacks,
                     void* user_data)
    : fd_(std::move(fd)), session_(NewSession(side, callbacks, user_data)) {
  (void)::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  out_.reserve(kWriteMost);
}

absl::Status H2Session::Read() {
  static thread_local std::array<uint8_t, kReadMost> bytes;
  while (true) {
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) {
      return errno == EAGAIN || errno == EINTR ? absl::OkStatus()
                                               : Broken("recv", std::strerror(errno));
    }
    if (got == 0) {
      return Broken("recv", "the peer closed the connection");
    }
    const ssize_t taken =
        nghttp2_session_mem_recv(session_.get(), bytes.data(), static_cast<size_t>(got));
    if (taken < 0) {
      return Broken("HTTP/2", nghttp2_strerror(static_cast<int>(taken)));
    }
    if (static_cast<size_t>(got) < bytes.size()) {
      return absl::OkStatus();  // that was all; what comes later wakes poll(2)
    }
  }
}

absl::Status H2Session::FillOut() {
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  while (out_.size() < kWriteMost) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size < 0) {
      return Broken("HTTP/2", nghttp2_strerror(static_cast<int>(size)));
    }
    if (size == 0) {
      break;
    }
    out_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

absl::Status H2Session::Flush() {
  blocked_ = false;
  while (true) {
    if (absl::Status status = FillOut(); !status.ok()) {
      return status;
    }
    if (out_.empty()) {
      return absl::OkStatus();
    }
    const ssize_t sent = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<size_t>(sent);
    } else if (errno == EAGAIN) {
      blocked_ = true;
      return absl::OkStatus();
    } else if (errno != EINTR) {
      return Broken("send", std::strerror(errno));
    }
  }
}

nghttp2_nv BorrowedHeader(std::string_view name, std::string_view value) {
  return {.name = BytesOf(name),
          .value = BytesOf(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

std::string Framed(std::string_view message) {
  std::string framed(1, '\0');
  for (const int shift : {24, 16, 8, 0}) {
    framed.push_back(static_cast<char>(message.size() >> shift & 0xff));
  }
  return framed.append(message);
}

}  // namespace sekisho::bench
