#include "support/api_server_connection.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string_view>

namespace sekisho::testing::api {
namespace {

constexpr size_t kOutMost = 256 * 1024;
constexpr size_t kRequestBodyMost = size_t{4} << 20;

std::string_view ViewOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv HeaderOf(const std::string& name, const std::string& value) {
  // nghttp2 copies both: the flags that would forbid it are not set.
  return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct Connection::Callbacks {
  static Connection& Of(void* user_data) { return *static_cast<Connection*>(user_data); }
  static Stream* StreamOf(void* user_data, int32_t id) {
    auto& streams = Of(user_data).streams_;
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }

  static int BeginHeaders(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Connection& connection = Of(user);
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      SeenRequest request;
      request.protocol = "h2";
      request.connection = connection.number_;
      request.client_common_name = connection.client_->common_name;
      request.time = std::chrono::steady_clock::now();
      connection.streams_[frame->hd.stream_id] = Stream{.request = std::move(request)};
    }
    return 0;
  }

  static int Header(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                    void* user) {
    Stream* const stream = StreamOf(user, frame->hd.stream_id);
    if (stream == nullptr) {
      return 0;
    }
    const std::string_view key = ViewOf(name, name_size);
    const std::string_view text = ViewOf(value, value_size);
    SeenRequest& request = stream->request;
    if (key == ":method") {
      request.method = text;
    } else if (key == ":path") {
      const size_t mark = text.find('?');
      request.path = text.substr(0, mark);
      request.query = mark == std::string_view::npos ? "" : text.substr(mark + 1);
    } else if (key.front() != ':') {
      std::string& there = request.headers[std::string(key)];
      there = there.empty() ? std::string(text) : there + ", " + std::string(text);
    }
    return 0;
  }

  static int Data(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t id, const uint8_t* bytes,
                  size_t size, void* user) {
    Stream* const stream = StreamOf(user, id);
    if (stream == nullptr || stream->request.body.size() + size > kRequestBodyMost) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->request.body += ViewOf(bytes, size);
    return 0;
  }

  static int FrameReceived(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (of_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        StreamOf(user, frame->hd.stream_id) != nullptr) {
      Of(user).on_request_(Of(user), frame->hd.stream_id);
    }
    return 0;
  }

  static int StreamClosed(nghttp2_session* /*session*/, int32_t id, uint32_t /*error*/,
                          void* user) {
    Of(user).streams_.erase(id);
    return 0;
  }

  static ssize_t ReadBody(nghttp2_session* /*session*/, int32_t id, uint8_t* out, size_t most,
                          uint32_t* flags, nghttp2_data_source* /*source*/, void* user) {
    Stream* const stream = StreamOf(user, id);
    if (stream == nullptr) {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    size_t size = std::min(stream->pending(), most);
    if (stream->trickle.has_value()) {
      size = std::min(size, stream->may_send);
      stream->may_send -= size;
    }
    if (size == 0 && !(stream->ended && stream->pending() == 0)) {
      return NGHTTP2_ERR_DEFERRED;
    }
    if (size > 0) {
      std::memcpy(out, stream->body.data() + stream->sent, size);
    }
    stream->sent += size;
    if (stream->pending() == 0) {
      stream->body.clear();
      stream->sent = 0;
      *flags |= stream->ended ? static_cast<uint32_t>(NGHTTP2_DATA_FLAG_EOF) : 0U;
    }
    return static_cast<ssize_t>(size);
  }
};

Connection::Connection(base::UniqueFd socket, SSL_CTX* context, int number, OnRequest on_request)
    : socket_(std::move(socket)),
      ssl_(SSL_new(context)),
      number_(number),
      on_request_(std::move(on_request)) {
  SSL_set_fd(ssl_.get(), socket_.get());
  SSL_set_accept_state(ssl_.get());

  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::FrameReceived);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::StreamClosed);
  nghttp2_session_server_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

Connection::~Connection() {
  nghttp2_session_del(session_);
}

void Connection::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  open_ = false;
  socket_.Reset();
}

bool Connection::CheckHandshake() {
  if (!client_.has_value() && SSL_is_init_finished(ssl_.get()) == 1) {
    client_ = ClientOf(*ssl_);
    open_ = open_ && SpeaksHttp2(*ssl_);  // who offered nothing got nothing chosen
  }
  return client_.has_value();
}

void Connection::Receive() {
  std::array<unsigned char, 16 * 1024> bytes;
  while (open_) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    CheckHandshake();
    if (got > 0) {
      Take(bytes.data(), static_cast<size_t>(got));
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), got);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      open_ = false;
    }
    return;
  }
}

void Connection::Take(const unsigned char* bytes, size_t size) {
  if (open_ && nghttp2_session_mem_recv(session_, bytes, size) < 0) {
    open_ = false;
  }
}

// Whether there is something to write.
bool Connection::FillOut() {
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  }
  while (out_.size() < kOutMost) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) {
      open_ = false;
      return false;
    }
    if (size == 0) {
      break;
    }
    out_ += ViewOf(bytes, static_cast<size_t>(size));
  }
  return !out_.empty();
}

void Connection::Flush() {
  blocked_ = false;
  // Before the handshake is over there is nobody to write to.
  while (open_ && CheckHandshake() && open_ && FillOut()) {
    ERR_clear_error();
    const int sent =
        SSL_write(ssl_.get(), out_.data() + out_sent_, static_cast<int>(out_.size() - out_sent_));
    if (sent > 0) {
      out_sent_ += static_cast<size_t>(sent);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), sent);
    blocked_ = error == SSL_ERROR_WANT_WRITE;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      open_ = false;
    }
    return;
  }
  if (open_ && client_.has_value() && nghttp2_session_want_read(session_) == 0 &&
      nghttp2_session_want_write(session_) == 0) {
    open_ = false;
  }
}

void Connection::Respond(int32_t stream, int code, const Headers& headers) {
  const std::string status_name = ":status";
  const std::string status = std::to_string(code);
  std::vector<nghttp2_nv> all{HeaderOf(status_name, status)};
  for (const auto& [name, value] : headers) {
    all.push_back(HeaderOf(name, value));
  }
  const nghttp2_data_provider body{.source = {.ptr = nullptr},
                                   .read_callback = &Callbacks::ReadBody};
  nghttp2_submit_response(session_, stream, all.data(), all.size(), &body);
}

void Connection::Resume(int32_t stream) {
  (void)nghttp2_session_resume_data(session_, stream);  // an error: it was not waiting
}

}  // namespace sekisho::testing::api
