#include "bench/load.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "bench/h2_session.h"
#include "support/unix_socket.h"

namespace sekisho::bench {
namespace {

constexpr int kPatienceMs = 30'000;

volatile std::sig_atomic_t interrupted = 0;

std::string_view ViewOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

class Client : public LoadClient {
 public:
  explicit Client(base::UniqueFd fd)
      : session_(std::move(fd), H2Session::Side::kClient, Callbacks(), this) {}

  absl::Status Run(CallSource& source, size_t lanes, Block& block) override;

 private:
  struct Lane {
    size_t number = 0;
    const Call* call = nullptr;
    int64_t started_ns = 0;
    size_t sent = 0;
    size_t got = 0;
    std::string answer;
    std::string status;   // grpc-status
    std::string message;  // grpc-message
  };

  static const nghttp2_session_callbacks& Callbacks();
  static int Header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t flags,
                    void* user);
  static int Data(nghttp2_session* session, uint8_t flags, int32_t id, const uint8_t* bytes,
                  size_t size, void* user);
  static int FrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int StreamClosed(nghttp2_session* session, int32_t id, uint32_t error, void* user);
  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t* out, size_t most,
                          uint32_t* flags, nghttp2_data_source* source, void* user);

  Lane* LaneOf(int32_t id) const {
    return static_cast<Lane*>(nghttp2_session_get_stream_user_data(session_.get(), id));
  }
  absl::Status Submit(Lane& lane);
  absl::Status SubmitFree();
  void Fail(const Lane& lane, std::string_view why);

  std::vector<Lane> lanes_;
  std::vector<Lane*> free_;  // whose next call can be submitted
  CallSource* source_ = nullptr;
  Block* block_ = nullptr;
  size_t in_flight_ = 0;
  H2Session session_;  // after what its callbacks use
};

const nghttp2_session_callbacks& Client::Callbacks() {
  static nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_header_callback(made, Header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, FrameReceived);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, StreamClosed);
    return made;
  }();
  return *callbacks;
}

int Client::Header(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                   size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                   void* user) {
  Lane* const lane = static_cast<Client*>(user)->LaneOf(frame->hd.stream_id);
  const std::string_view key = ViewOf(name, name_size);
  if (lane != nullptr && key == "grpc-status") {
    lane->status = ViewOf(value, value_size);
  } else if (lane != nullptr && key == "grpc-message") {
    lane->message = ViewOf(value, value_size);
  }
  return 0;
}

int Client::Data(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t id, const uint8_t* bytes,
                 size_t size, void* user) {
  auto& self = *static_cast<Client*>(user);
  Lane* const lane = self.LaneOf(id);
  if (lane != nullptr) {
    lane->got += size;
    if (self.source_->wants_answers()) {
      lane->answer += ViewOf(bytes, size);
    }
  }
  return 0;
}

// The end of an answer: the trailers.
int Client::FrameReceived(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  auto& self = *static_cast<Client*>(user);
  if (frame->hd.type != NGHTTP2_HEADERS || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
    return 0;
  }
  Lane* const lane = self.LaneOf(frame->hd.stream_id);
  if (lane == nullptr) {
    return 0;
  }
  self.block_->latencies_ns.push_back(NowNs() - lane->started_ns);
  if (lane->status != "0") {
    self.Fail(*lane, base::StrCat("grpc-status \"", lane->status, "\" ", lane->message));
  } else if (lane->got != lane->call->answer_bytes) {
    self.Fail(*lane, base::StrCat(lane->got, " bytes in place of ", lane->call->answer_bytes));
  } else {
    self.source_->Answered(lane->number, lane->answer);
  }
  lane->call = nullptr;
  return 0;
}

int Client::StreamClosed(nghttp2_session* /*session*/, int32_t id, uint32_t error, void* user) {
  auto& self = *static_cast<Client*>(user);
  Lane* const lane = self.LaneOf(id);
  if (lane == nullptr) {
    return 0;
  }
  --self.in_flight_;
  self.free_.push_back(lane);
  if (lane->call != nullptr) {
    self.Fail(*lane, base::StrCat("the stream was closed without trailers, error ", error));
  }
  return 0;
}

ssize_t Client::ReadBody(nghttp2_session* /*session*/, int32_t /*id*/, uint8_t* out, size_t most,
                         uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
  Lane& lane = *static_cast<Lane*>(source->ptr);
  if (lane.call == nullptr) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // answered before it was asked
  }
  const std::string& body = lane.call->body;
  const size_t size = std::min(body.size() - lane.sent, most);
  std::memcpy(out, body.data() + lane.sent, size);
  lane.sent += size;
  if (lane.sent == body.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return static_cast<ssize_t>(size);
}

void Client::Fail(const Lane& lane, std::string_view why) {
  if (block_->failed++ == 0) {
    block_->first_failure = base::StrCat(lane.call->path, ": ", why);
  }
}

absl::Status Client::Submit(Lane& lane) {
  // As a kubelet's: it has a deadline.
  const std::array headers{BorrowedHeader(":method", "POST"),
                           BorrowedHeader(":scheme", "http"),
                           BorrowedHeader(":path", lane.call->path),
                           BorrowedHeader(":authority", "localhost"),
                           BorrowedHeader("content-type", "application/grpc"),
                           BorrowedHeader("user-agent", "grpc-go/1.65.0"),
                           BorrowedHeader("te", "trailers"),
                           BorrowedHeader("grpc-timeout", "120S")};
  lane.sent = lane.got = 0;
  lane.answer.clear();
  lane.status.clear();
  lane.message.clear();
  lane.started_ns = NowNs();
  const nghttp2_data_provider body{.source = {.ptr = &lane}, .read_callback = &ReadBody};
  const int32_t id =
      nghttp2_submit_request(session_.get(), nullptr, headers.data(), headers.size(), &body, &lane);
  if (id < 0) {
    return absl::UnavailableError(
        base::StrCat("no stream for ", lane.call->path, ": ", nghttp2_strerror(id)));
  }
  ++in_flight_;
  return absl::OkStatus();
}

absl::Status Client::SubmitFree() {
  while (!free_.empty()) {
    Lane& lane = *free_.back();
    free_.pop_back();
    lane.call = source_->Next(lane.number);
    if (lane.call != nullptr) {
      SEKISHO_RETURN_IF_ERROR(Submit(lane));
    }
  }
  return session_.Flush();
}

absl::Status Client::Run(CallSource& source, size_t lanes, Block& block) {
  source_ = &source;
  block_ = &block;
  lanes_ = std::vector<Lane>(lanes);
  free_.clear();
  in_flight_ = 0;
  for (Lane& lane : lanes_) {
    lane.number = static_cast<size_t>(&lane - lanes_.data());
    free_.push_back(&lane);
  }
  const int64_t began = NowNs();
  SEKISHO_RETURN_IF_ERROR(SubmitFree());
  while (in_flight_ > 0) {
    const short events = session_.blocked() ? POLLIN | POLLOUT : POLLIN;
    pollfd waiting{.fd = session_.fd(), .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, kPatienceMs);
    if (interrupted != 0) {
      return absl::CancelledError("interrupted");
    }
    if (ready == 0) {
      return absl::DeadlineExceededError(
          base::StrCat("nothing came for half a minute; in flight: ", in_flight_));
    }
    SEKISHO_RETURN_IF_ERROR(session_.Read());
    SEKISHO_RETURN_IF_ERROR(SubmitFree());
  }
  block.took_ns = NowNs() - began;
  return absl::OkStatus();
}

// One call, whose answer is kept.
class OneCall : public CallSource {
 public:
  explicit OneCall(const Call& call) : call_(&call) {}
  const Call* Next(size_t /*lane*/) override { return std::exchange(call_, nullptr); }
  void Answered(size_t /*lane*/, std::string_view bytes) override { answer = bytes; }
  bool wants_answers() const override { return true; }
  std::string answer;

 private:
  const Call* call_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LoadClient>> LoadClient::Connect(const std::string& socket) {
  base::UniqueFd fd = testing::ConnectUnix(socket);
  if (!fd.valid()) {
    return absl::UnavailableError(base::StrCat("connect ", socket, ": ", std::strerror(errno)));
  }
  return std::make_unique<Client>(std::move(fd));
}

absl::StatusOr<std::string> LoadClient::Once(const Call& call) {
  OneCall source(call);
  Block block;
  SEKISHO_RETURN_IF_ERROR(Run(source, 1, block));
  if (block.failed > 0) {
    return absl::UnknownError(base::AbslView(block.first_failure));
  }
  return std::move(source.answer);
}

void Interrupt(int /*signal*/) {
  interrupted = 1;
}

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace sekisho::bench
