// The daemon on a socket that systemd made, sd_listen_fds(3).
#include <fcntl.h>

#include <functional>
#include <thread>

#include "integration/serve_fixture.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(ServeTest, ServesTheSocketThatSystemdPassesAndLeavesItThere) {
  SekishoOptions options = Options();
  const std::string path = options.dir + "/sekisho.sock";
  const base::UniqueFd listening = ListenUnix(path);
  options.listen_fd = listening.get();
  Start(options);
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
  EXPECT_EQ(sekisho_->Terminate(), 0);
  EXPECT_TRUE(std::filesystem::exists(path));

  // Who connects while nobody runs is served by the next one.
  RawResult waited;
  std::thread caller([&] { waited = Call(kStatus); });
  const bool restarted = sekisho_->Start();
  caller.join();
  EXPECT_TRUE(restarted) << sekisho_->Log();
  EXPECT_TRUE(waited.status.ok()) << waited.status.error_message();
}

TEST_F(ServeTest, WhatSystemdPassesMustBeTheConfiguredSocket) {
  StartRuntime();
  constexpr char kNotOne[] = "exactly one listening unix stream socket";
  const std::string own = dir_.File("sekisho.sock");
  const std::string other = dir_.File("other.sock");
  const auto listen_with_mode = [](const std::string& path, mode_t mode) {
    base::UniqueFd fd = ListenUnix(path);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return fd;
  };
  const struct {
    const char* name;
    std::function<base::UniqueFd()> make;
    const char* count;  // LISTEN_FDS
    const char* group;  // listen.group
    const char* log;
  } kRows[] = {
      {"two descriptors", [&] { return ListenUnix(own); }, "2", "", kNotOne},
      {"a datagram socket", [&] { return BindUnix(own, SOCK_DGRAM); }, "1", "", kNotOne},
      {"a socket that does not listen", [&] { return BindUnix(own, SOCK_STREAM); }, "1", "",
       kNotOne},
      {"no socket", [] { return base::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }, "1", "",
       kNotOne},
      {"another path", [&] { return ListenUnix(other); }, "1", "", "is not listen.socket"},
      {"open to everybody", [&] { return listen_with_mode(own, 0666); }, "1", "",
       "every user may connect"},
      {"closed to the group", [&] { return listen_with_mode(own, 0600); }, "1", "daemon",
       "SocketGroup=daemon"},
      {"open to another group", [&] { return listen_with_mode(own, 0660); }, "1", "daemon",
       "SocketGroup=daemon"},
      {"an unknown group", [&] { return listen_with_mode(own, 0660); }, "1", "no-such-group",
       "no group \"no-such-group\""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const base::UniqueFd passed = row.make();
    SekishoOptions options = Options();
    options.listen_fd = passed.get();
    options.environment = {{"LISTEN_FDS", row.count}};
    SekishoProcess sekisho(options);
    if (row.group[0] != '\0') {
      EditConfig(sekisho, "sekisho.sock}", std::string("sekisho.sock, group: ") + row.group + "}");
    }
    EXPECT_FALSE(sekisho.Start());
    EXPECT_EQ(sekisho.Wait(kLong), 1);
    EXPECT_THAT(sekisho.Log(), HasSubstr(row.log));
    for (const char* left : {"sekisho.log", "sekisho.sock", "other.sock"}) {
      std::filesystem::remove(dir_.File(left));
    }
  }
}

TEST_F(ServeTest, DescriptorsThatWereMeantForAnotherProcessAreNotTaken) {
  SekishoOptions options = Options();
  options.environment = {{"LISTEN_FDS", "1"}, {"LISTEN_PID", "1"}};
  Start(options);
  EXPECT_EQ(CodeOf(kStatus), grpc::StatusCode::OK);
}

}  // namespace
}  // namespace sekisho::testing
