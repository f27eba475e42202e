#include "admin/client.h"

#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "sekisho/v1/admin.grpc.pb.h"

namespace sekisho::admin {
namespace {

using base::StrCat;
using std::chrono::milliseconds;

constexpr int kAnswerBytesMax = 16 << 20;

absl::Status NoAgent(const std::string& socket) {
  return absl::UnavailableError(
      StrCat("no agent answers at ", socket, ": is sekisho running? (systemctl status sekisho)"));
}

absl::Status WhyNotConnected(const std::string& socket, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
    case EAGAIN:  // nobody takes connections, and none more may wait
      return NoAgent(socket);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(StrCat(socket, ": only root may ask the agent"));
    default:
      return absl::UnavailableError(StrCat(socket, ": cannot connect: ", std::strerror(error)));
  }
}

// By hand, and not by gRPC: it would say in many words that all addresses failed, and try again.
absl::StatusOr<base::UniqueFd> Connect(const std::string& socket, milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(StrCat(socket, ": is no path of a unix socket"));
  }
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return WhyNotConnected(socket, errno);
  }
  // How long to wait for room among the connections that are not accepted yet.
  const timeval wait{.tv_sec = timeout.count() / 1000, .tv_usec = (timeout.count() % 1000) * 1000};
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return WhyNotConnected(socket, errno);
  }
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return WhyNotConnected(socket, errno);
  }
  return fd;
}

absl::Status WhyNotAnswered(const std::string& socket, const grpc::Status& status,
                            milliseconds timeout) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(
          StrCat("the agent at ", socket, " is another build and does not know this question"));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(StrCat("the agent at ", socket,
                                                " took the question, but gave no answer within ",
                                                timeout.count(), " ms"));
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(
          StrCat(socket, ": hung up without an answer: the agent stops, has too many clients, or ",
                 "this is not its admin socket"));
    default:
      return {static_cast<absl::StatusCode>(status.error_code()),
              StrCat(socket, ": ", status.error_message())};
  }
}

}  // namespace

absl::StatusOr<sekisho::v1::GetStatusResponse> GetStatus(
    const std::string& socket, const sekisho::v1::GetStatusRequest& request,
    std::chrono::milliseconds timeout) {
  const auto give_up = std::chrono::system_clock::now() + timeout;
  absl::StatusOr<base::UniqueFd> connection = Connect(socket, timeout);
  if (!connection.ok()) {
    return connection.status();
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  const auto stub = sekisho::v1::Admin::NewStub(
      grpc::CreateCustomInsecureChannelFromFd("admin", connection->Release(), arguments));
  grpc::ClientContext context;
  context.set_deadline(give_up);
  sekisho::v1::GetStatusResponse response;
  if (const grpc::Status status = stub->GetStatus(&context, request, &response); !status.ok()) {
    return WhyNotAnswered(socket, status, timeout);
  }
  return response;
}

}  // namespace sekisho::admin
