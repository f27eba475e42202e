#include "admin/client.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "support/fake_runtime.h"
#include "unit/admin/admin_fixture.h"

namespace sekisho::admin {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class AdminClient : public AdminFixture {
 protected:
  absl::StatusOr<sekisho::v1::GetStatusResponse> Get(milliseconds timeout = kLong) const {
    sekisho::v1::GetStatusRequest request;
    request.set_refusals(5);
    return GetStatus(socket_, request, timeout);
  }
  std::string NoAgent() const {
    return "no agent answers at " + socket_ + ": is sekisho running? (systemctl status sekisho)";
  }

  const std::string socket_ = dir_.File("admin.sock");
};

TEST_F(AdminClient, AsksARunningServer) {
  StartServer();
  const Listening listening(socket_, *server_);
  const absl::StatusOr<sekisho::v1::GetStatusResponse> status = Get();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->version(), "1.2.3");
  EXPECT_EQ(status->pid(), 5);
}

TEST_F(AdminClient, WithoutASocketThereIsNoAgent) {
  EXPECT_EQ(Get().status().message(), NoAgent());
}

TEST_F(AdminClient, ASocketThatNobodyListensOnIsNoAgent) {
  testing::ListenUnix(socket_).Reset();  // as after a crash
  EXPECT_EQ(Get().status().message(), NoAgent());
}

TEST_F(AdminClient, AnAgentThatTakesNoConnectionsDoesNotAnswer) {
  const base::UniqueFd listening = testing::ListenUnix(socket_);
  std::vector<base::UniqueFd> waiting;
  // One more than fits.
  for (int i = 0; i < 17; ++i) {
    waiting.push_back(testing::ConnectUnix(socket_));
  }
  EXPECT_EQ(Get(milliseconds(100)).status().message(), NoAgent());
}

TEST_F(AdminClient, WhoIsNotRootIsToldSo) {
  StartServer();
  const Listening listening(socket_, *server_);
  ASSERT_EQ(::chmod(socket_.c_str(), 0), 0);
  constexpr uid_t kNobody = 65534;
  const uid_t self = ::geteuid();
  if (self == 0) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const absl::Status status = Get().status();
  ASSERT_EQ(::seteuid(self), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_EQ(status.message(), socket_ + ": only root may ask the agent");
}

TEST_F(AdminClient, AnotherBuildIsNamedSo) {
  const testing::FakeRuntime other(socket_, [](const testing::FakeCall&) {
    return testing::ReplyWith(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "what?"));
  });
  const absl::Status status = Get().status();
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(socket_ + " is another build"));
}

TEST_F(AdminClient, AnAnswerThatIsNoStatusIsAnError) {
  const testing::FakeRuntime other(
      socket_, [](const testing::FakeCall&) { return testing::ReplyWith("\xff\xff"); });
  EXPECT_THAT(std::string(Get().status().message()), HasSubstr(socket_));
}

TEST_F(AdminClient, WhoHangsUpIsNamed) {
  const base::UniqueFd listening = testing::ListenUnix(socket_);
  std::thread other([&] { testing::AcceptUnix(listening.get()).Reset(); });
  const absl::Status status = Get().status();
  other.join();
  EXPECT_THAT(std::string(status.message()), HasSubstr(socket_ + ": hung up without an answer"));
}

TEST_F(AdminClient, WhoStaysSilentIsNotWaitedForForever) {
  const base::UniqueFd listening = testing::ListenUnix(socket_);
  const absl::Status status = Get(milliseconds(200)).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("gave no answer within 200 ms"));
}

TEST_F(AdminClient, APathThatIsNoSocketsIsAnError) {
  sekisho::v1::GetStatusRequest request;
  for (const std::string& path : {std::string(), std::string(108, 'a')}) {
    EXPECT_THAT(std::string(GetStatus(path, request, kLong).status().message()),
                HasSubstr(path + ": is no path of a unix socket"));
  }
  // A folder.
  EXPECT_THAT(std::string(GetStatus(dir_.path(), request, kLong).status().message()),
              HasSubstr(dir_.path()));
}

}  // namespace
}  // namespace sekisho::admin
