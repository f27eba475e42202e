// An admin server whose status the test gives, and clients of it.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "admin/client.h"
#include "admin/server.h"
#include "base/unique_fd.h"
#include "support/raw_client.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::admin {

inline constexpr char kGetStatus[] = "/sekisho.v1.Admin/GetStatus";
// Nobody waits that long for what works.
inline constexpr std::chrono::seconds kLong{20};

// Listens on a socket and hands its connections to a server, as the agent does.
class Listening {
 public:
  Listening(const std::string& path, Server& server)
      : fd_(testing::ListenUnix(path)), thread_([this, &server] {
          for (base::UniqueFd next = testing::AcceptUnix(fd_.get()); next.valid();
               next = testing::AcceptUnix(fd_.get())) {
            server.Adopt(std::move(next));
          }
        }) {}
  ~Listening() {
    (void)::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  base::UniqueFd fd_;
  std::thread thread_;
};

class AdminFixture : public ::testing::Test {
 protected:
  void StartServer(Server::Status status) {
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(std::move(status));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // A server that says its version, and how many refusals it was asked for in place of its pid.
  void StartServer() {
    StartServer([](const sekisho::v1::GetStatusRequest& request) {
      sekisho::v1::GetStatusResponse status;
      status.set_version("1.2.3");
      status.set_pid(request.refusals());
      return status;
    });
  }

  // One end of a new connection.
  base::UniqueFd Connect() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    server_->Adopt(base::UniqueFd(ends[1]));
    return base::UniqueFd(ends[0]);
  }
  std::shared_ptr<grpc::Channel> Channel() { return testing::ChannelFromFd(Connect().Release()); }
  // Nothing when there is no answer that can be read.
  static std::optional<sekisho::v1::GetStatusResponse> Ask(
      const std::shared_ptr<grpc::Channel>& channel, int refusals = 0) {
    sekisho::v1::GetStatusRequest request;
    request.set_refusals(refusals);
    const testing::RawResult result =
        testing::CallRaw(channel, kGetStatus, request.SerializeAsString());
    sekisho::v1::GetStatusResponse response;
    if (!result.status.ok() || result.messages.size() != 1 ||
        !response.ParseFromString(result.messages[0])) {
      return std::nullopt;
    }
    return response;
  }
  // The other end has hung up.
  static bool IsClosed(int fd) {
    pollfd end{.fd = fd, .events = POLLRDHUP, .revents = 0};
    return ::poll(&end, 1, 20'000) == 1;
  }

  const testing::TempDir dir_;
  std::unique_ptr<Server> server_;
};

}  // namespace sekisho::admin
