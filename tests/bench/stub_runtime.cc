#include "bench/stub_runtime.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/unique_fd.h"
#include "bench/h2_session.h"
#include "support/unix_socket.h"

namespace sekisho::bench {
namespace {

constexpr std::string_view kNotImplemented = "12";

struct Stream {
  const Answer* answer = nullptr;
  std::string own;  // in place of answer->body: with an id of its own
  size_t sent = 0;

  const std::string& body() const { return own.empty() ? answer->body : own; }
};

class Connection {
 public:
  Connection(base::UniqueFd fd, const Answers& answers, size_t* last_id);

  absl::Status Serve() {
    absl::Status status = session_.Read();
    return status.ok() ? session_.Flush() : status;
  }
  const H2Session& session() const { return session_; }
  bool waits_to_write = false;  // as epoll knows it

 private:
  struct Callbacks;
  void Answer(int32_t id);
  void Refuse(int32_t id);

  const Answers& answers_;
  size_t* const last_id_;
  std::unordered_map<int32_t, Stream> streams_;
  H2Session session_;  // after what its callbacks use
};

struct Connection::Callbacks {
  static Connection& Of(void* user) { return *static_cast<Connection*>(user); }

  static int Header(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                    void* user) {
    constexpr std::string_view kPath = ":path";
    if (std::string_view(reinterpret_cast<const char*>(name), name_size) == kPath) {
      Connection& self = Of(user);
      const auto found =
          self.answers_.find(std::string_view(reinterpret_cast<const char*>(value), value_size));
      self.streams_[frame->hd.stream_id].answer =
          found == self.answers_.end() ? nullptr : &found->second;
    }
    return 0;
  }

  static int FrameReceived(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (of_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      Of(user).Answer(frame->hd.stream_id);
    }
    return 0;
  }

  static int StreamClosed(nghttp2_session* /*session*/, int32_t id, uint32_t /*error*/,
                          void* user) {
    Of(user).streams_.erase(id);
    return 0;
  }

  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* out, size_t most,
                          uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::string& body = stream.body();
    const size_t piece = stream.answer->piece;
    const size_t size = std::min({body.size() - stream.sent, piece - stream.sent % piece, most});
    std::memcpy(out, body.data() + stream.sent, size);
    stream.sent += size;
    if (stream.sent == body.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const nghttp2_nv trailer = BorrowedHeader("grpc-status", "0");
      (void)nghttp2_submit_trailer(session, id, &trailer, 1);
    }
    return static_cast<ssize_t>(size);
  }

  static const nghttp2_session_callbacks& All() {
    static nghttp2_session_callbacks* const callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      nghttp2_session_callbacks_new(&made);
      nghttp2_session_callbacks_set_on_header_callback(made, Header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, FrameReceived);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, StreamClosed);
      return made;
    }();
    return *callbacks;
  }
};

Connection::Connection(base::UniqueFd fd, const Answers& answers, size_t* last_id)
    : answers_(answers),
      last_id_(last_id),
      session_(std::move(fd), H2Session::Side::kServer, Callbacks::All(), this) {}

void Connection::Answer(int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.answer == nullptr) {
    Refuse(id);
    return;
  }
  Stream& stream = found->second;
  if (stream.answer->id_at != kNoId) {
    stream.own = stream.answer->body;
    std::array<char, kIdDigits + 1> digits;
    std::snprintf(digits.data(), digits.size(), "%016zu", ++*last_id_);
    stream.own.replace(stream.answer->id_at, kIdDigits, digits.data(), kIdDigits);
  }
  const std::array headers{BorrowedHeader(":status", "200"),
                           BorrowedHeader("content-type", "application/grpc")};
  const nghttp2_data_provider body{.source = {.ptr = &stream},
                                   .read_callback = &Callbacks::ReadBody};
  (void)nghttp2_submit_response(session_.get(), id, headers.data(), headers.size(), &body);
}

void Connection::Refuse(int32_t id) {
  const std::array headers{BorrowedHeader(":status", "200"),
                           BorrowedHeader("content-type", "application/grpc"),
                           BorrowedHeader("grpc-status", kNotImplemented)};
  (void)nghttp2_submit_response(session_.get(), id, headers.data(), headers.size(), nullptr);
}

void Watch(const base::UniqueFd& epoll, int operation, int fd, uint32_t events, void* whose) {
  epoll_event event{.events = events, .data = {.ptr = whose}};
  (void)::epoll_ctl(epoll.get(), operation, fd, &event);
}

[[noreturn]] void Serve(const base::UniqueFd& listening, const Answers& answers) {
  const base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  Watch(epoll, EPOLL_CTL_ADD, listening.get(), EPOLLIN, nullptr);
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections;
  size_t last_id = 0;
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
      if (connection == nullptr) {
        base::UniqueFd fd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        auto made = std::make_unique<Connection>(std::move(fd), answers, &last_id);
        connection = made.get();
        Watch(epoll, EPOLL_CTL_ADD, connection->session().fd(), EPOLLIN, connection);
        connections[connection] = std::move(made);
      }
      if (!connection->Serve().ok()) {
        connections.erase(connection);  // closing the descriptor takes it out of the set
      } else if (connection->session().blocked() != connection->waits_to_write) {
        connection->waits_to_write = connection->session().blocked();
        Watch(epoll, EPOLL_CTL_MOD, connection->session().fd(),
              connection->waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN, connection);
      }
    }
  }
}

}  // namespace

StubRuntime::StubRuntime(const std::string& socket_path, const Answers& answers) {
  const base::UniqueFd listening = testing::ListenUnix(socket_path);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  }
  if (pid_ == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(1);  // it died before the line above
    }
    Serve(listening, answers);
  }
}

StubRuntime::~StubRuntime() {
  (void)::kill(pid_, SIGKILL);
  (void)::waitpid(pid_, nullptr, 0);
}

}  // namespace sekisho::bench
