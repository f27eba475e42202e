// Sockets that the server is given: whose they are, and those of the loopback interface.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "base/str_cat.h"
#include "metrics/http_server.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"
#include "unit/metrics/http_client.h"

namespace sekisho::metrics {
namespace {

using sekisho::testing::Client;
using sekisho::testing::ConnectTcp;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// --- whose the descriptor is ---------------------------------------------------------------------

size_t OpenFds() {
  const std::filesystem::directory_iterator folder("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(folder), end(folder)));
}

HttpAnswer Ok(std::string_view /*path*/) {
  return {.body = "ok\n"};
}

TEST(HttpServerOwnership, NothingIsOpenAfterTheEnd) {
  const sekisho::testing::TempDir dir;
  const size_t before = OpenFds();
  for (int i = 0; i < 3; ++i) {
    auto server =
        HttpServer::Start(sekisho::testing::ListenUnix(dir.File(base::StrCat(i, ".sock"))), Ok);
    ASSERT_TRUE(server.ok()) << server.status();
    EXPECT_GT(OpenFds(), before);
    server->reset();
    EXPECT_EQ(OpenFds(), before);
  }
}

TEST(HttpServerOwnership, ADescriptorThatCannotBeServedIsClosedOnceAndItsNumberIsFree) {
  const sekisho::testing::TempDir dir;
  const size_t before = OpenFds();
  {
    // epoll does not take a file.
    base::UniqueFd file(::open(dir.File("file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    const auto server = HttpServer::Start(std::move(file), Ok);
    EXPECT_FALSE(server.ok());
  }
  EXPECT_EQ(OpenFds(), before);
  EXPECT_FALSE(HttpServer::Start(base::UniqueFd(), Ok).ok());
  EXPECT_EQ(OpenFds(), before);
}

TEST(HttpServerOwnership, AListenerThatSomebodyElseHasTooLivesOn) {
  const sekisho::testing::TempDir dir;
  base::UniqueFd listening = sekisho::testing::ListenUnix(dir.File("m.sock"));
  const base::UniqueFd elsewhere(::fcntl(listening.get(), F_DUPFD_CLOEXEC, 3));
  auto server = HttpServer::Start(std::move(listening), Ok);
  ASSERT_TRUE(server.ok()) << server.status();
  server->reset();
  const base::UniqueFd client = sekisho::testing::ConnectUnix(dir.File("m.sock"));
  EXPECT_TRUE(client.valid()) << std::strerror(errno);
  EXPECT_TRUE(sekisho::testing::AcceptUnix(elsewhere.get()).valid());
}

// --- listening on loopback -----------------------------------------------------------------------

TEST(ListenOnLoopback, TakesLoopbackAddressesOnlyAndNamesWhatItRefuses) {
  for (const char* address : {"0.0.0.0:0",
                              "[::]:0",
                              "10.0.0.1:9469",
                              "192.168.1.1:1",
                              "128.0.0.1:0",
                              "localhost:9469",
                              "[::ffff:127.0.0.1]:0",
                              "[fe80::1]:0",
                              "::1:9469",
                              "[127.0.0.1]:0",
                              "127.0.0.1",
                              "9469",
                              ":9469",
                              "127.0.0.1:",
                              "127.0.0.1:65536",
                              "127.0.0.1:-1",
                              "127.0.0.1:+1",
                              "127.0.0.1: 1",
                              "127.0.0.1:94x",
                              "127.1:80",
                              "[::1]",
                              "",
                              "127.0.0.1:9469 "}) {
    const auto listening = ListenOnLoopback(address);
    ASSERT_FALSE(listening.ok()) << address;
    EXPECT_TRUE(absl::IsInvalidArgument(listening.status())) << listening.status();
    EXPECT_THAT(std::string(listening.status().message()),
                HasSubstr(base::StrCat("\"", address, "\"")));
  }
  for (const char* address : {"127.0.0.1:0", "127.8.9.1:0"}) {
    const auto listening = ListenOnLoopback(address);
    ASSERT_TRUE(listening.ok()) << listening.status();
    EXPECT_GT(PortOf(listening->get()), 0);
  }
  EXPECT_THAT(std::string(ListenOnLoopback("a\nb:1").status().message()), Not(HasSubstr("\n")));
}

TEST(ListenOnLoopback, APortThatIsTakenIsNamed) {
  const auto first = ListenOnLoopback("127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string same = base::StrCat("127.0.0.1:", PortOf(first->get()));
  const auto second = ListenOnLoopback(same);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr(base::StrCat("cannot listen on ", same)), HasSubstr("in use")));
}

TEST(ListenOnLoopback, ARestartDoesNotWaitForOldConnections) {
  auto first = ListenOnLoopback("127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status();
  const int port = PortOf(first->get());
  {
    auto server = HttpServer::Start(std::move(*first), Ok);
    ASSERT_TRUE(server.ok()) << server.status();
    // The server closes first: its side of the connection is in TIME_WAIT then.
    Client client(ConnectTcp(false, port));
    EXPECT_THAT(client.Ask("GET / HTTP/1.0\r\n\r\n"), EndsWith("ok\n"));
  }
  const auto again = ListenOnLoopback(base::StrCat("127.0.0.1:", port));
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST(PortOf, IsNothingForWhatHasNoPort) {
  const sekisho::testing::TempDir dir;
  EXPECT_EQ(PortOf(sekisho::testing::ListenUnix(dir.File("s")).get()), 0);
  EXPECT_EQ(PortOf(-1), 0);
}

}  // namespace
}  // namespace sekisho::metrics
