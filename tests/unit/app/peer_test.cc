// Who may be served, with callers that really are somebody else.
#include "app/peer.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::app {
namespace {

constexpr gid_t kKubelet = 4711;

struct Caller {
  uid_t uid = 65534;
  gid_t gid = 65534;
  std::vector<gid_t> groups = {};
};

class PeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root can make processes of other users";
    }
    // The gate is what is tested, not the file's mode.
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  }

  // The accepted end of a connection that this caller made.
  base::UniqueFd Connected(const Caller& caller) const {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool is_caller = ::setgroups(caller.groups.size(), caller.groups.data()) == 0 &&
                             ::setresgid(caller.gid, caller.gid, caller.gid) == 0 &&
                             ::setresuid(caller.uid, caller.uid, caller.uid) == 0;
      // What was connected may be closed: the credentials stay those of connect(2).
      ::_exit(is_caller && testing::ConnectUnix(path_).valid() ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "the caller could not connect";
    return base::UniqueFd(::accept(listening_.get(), nullptr, nullptr));
  }
  std::string WhyNot(const Caller& caller, std::optional<gid_t> group) const {
    return WhyNotServed(Connected(caller).get(), group);
  }

  const testing::TempDir dir_;
  const std::string path_ = dir_.File("s");
  const base::UniqueFd listening_ = testing::ListenUnix(path_);
};

TEST_F(PeerTest, RootIsServedWhateverItsGroups) {
  EXPECT_EQ(WhyNot({.uid = 0, .gid = 0}, std::nullopt), "");
  EXPECT_EQ(WhyNot({.uid = 0, .gid = 1234}, kKubelet), "");
}

TEST_F(PeerTest, OthersAreServedOnlyAsMembersOfTheGroup) {
  EXPECT_EQ(WhyNot({}, std::nullopt), "user 65534, group 65534");
  EXPECT_EQ(WhyNot({}, kKubelet), "user 65534, group 65534");
  EXPECT_EQ(WhyNot({.gid = kKubelet}, std::nullopt), "user 65534, group 4711");
  EXPECT_EQ(WhyNot({.gid = kKubelet}, kKubelet), "");
  EXPECT_EQ(WhyNot({.groups = {1, 2, kKubelet}}, kKubelet), "");
  EXPECT_EQ(WhyNot({.groups = {1, 2, 3}}, kKubelet), "user 65534, group 65534");
  // Group 0 is root's, and root's group is not root.
  EXPECT_EQ(WhyNot({.gid = 0, .groups = {0}}, std::nullopt), "user 65534, group 0");
}

TEST_F(PeerTest, ManySupplementaryGroupsAreAllLookedAt) {
  std::vector<gid_t> many(1000);
  std::iota(many.begin(), many.end(), 10'000);
  EXPECT_NE(WhyNot({.groups = many}, kKubelet), "");
  many.back() = kKubelet;
  EXPECT_EQ(WhyNot({.groups = many}, kKubelet), "");
}

TEST_F(PeerTest, WhatIsNoUnixSocketIsNobodyKnown) {
  const base::UniqueFd pipe_end(::dup(STDIN_FILENO));
  EXPECT_THAT(WhyNotServed(pipe_end.get(), kKubelet), ::testing::HasSubstr("somebody"));
  EXPECT_THAT(WhyNotServed(-1, kKubelet), ::testing::HasSubstr("somebody"));
}

TEST_F(PeerTest, TheLogNamesEachCallerOnce) {
  PeerGate gate("/run/s.sock", kKubelet);
  const base::UniqueFd stranger = Connected({});
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(gate.Admits(stranger.get()));
  EXPECT_FALSE(gate.Admits(stranger.get()));
  EXPECT_TRUE(gate.Admits(Connected({.gid = kKubelet}).get()));
  const std::string said =
      ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  const std::string expected =
      "/run/s.sock: a connection of user 65534, group 65534 was closed; only root and group 4711 "
      "may connect";
  const size_t first = said.find(expected);
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find(expected, first + 1), std::string::npos);
}

}  // namespace
}  // namespace sekisho::app
