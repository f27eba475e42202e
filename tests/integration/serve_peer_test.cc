// A caller that the socket files let in, and who is neither root nor of the group: it is sent away
// before a byte of it is read.
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "integration/serve_fixture.h"
#include "support/unix_socket.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

enum Outcome { kSentAway = 0, kNotConnected = 1, kAnswered = 2, kKeptWaiting = 3 };

// What becomes of nobody, who begins HTTP/2. In a process of its own: it is nobody from there on.
Outcome BeNobodyAndSpeak(const std::string& socket) {
  constexpr uid_t kNobody = 65534;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0) {
    return kNotConnected;
  }
  const base::UniqueFd connection = ConnectUnix(socket);
  if (!connection.valid()) {
    return kNotConnected;
  }
  constexpr std::string_view kHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  (void)::send(connection.get(), kHello.data(), kHello.size(), MSG_NOSIGNAL);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  (void)::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  char answer = 0;
  const ssize_t got = ::recv(connection.get(), &answer, 1, 0);
  if (got > 0) {
    return kAnswered;
  }
  return got == 0 || errno == ECONNRESET ? kSentAway : kKeptWaiting;
}

int AsNobody(const std::string& socket) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(BeNobodyAndSpeak(socket));
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class ServePeerTest : public ServeTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root can make processes of other users";
    }
    ServeTest::SetUp();
  }
  // What nobody should do.
  void OpenToAll(const std::string& socket) {
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
  }
};

TEST_F(ServePeerTest, ASocketThatLetsEverybodyInStillServesRootAlone) {
  SekishoOptions options = Options();
  options.more_config += "admin: {socket: " + dir_.File("admin.sock") + "}\n";
  Start(options);
  for (const std::string& socket : {sekisho_->socket(), dir_.File("admin.sock")}) {
    SCOPED_TRACE(socket);
    OpenToAll(socket);
    EXPECT_EQ(AsNobody(socket), kSentAway);
    EXPECT_TRUE(Eventually([&] {
      return sekisho_->Log().find(socket +
                                  ": a connection of user 65534, group 65534 was closed; " +
                                  "only root may connect") != std::string::npos;
    }));
  }
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace sekisho::testing
