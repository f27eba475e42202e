// The daemon's own socket file: who may open it, what it replaces, and what it never touches. That
// systemd's socket is adopted is tested with a real process, in
// tests/integration/serve_activation_test.cc.
#include "app/listener.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <vector>

#include "support/temp_dir.h"
#include "support/unix_socket.h"

namespace sekisho::app {
namespace {

using testing::Answers;
using testing::ConnectUnix;
using ::testing::HasSubstr;
using testing::ListenUnix;
using testing::TempDir;

struct stat StatOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}
mode_t ModeOf(const std::string& path) {
  return StatOf(path).st_mode & 07777;
}
bool IsThere(const std::string& path) {
  return std::filesystem::symlink_status(path).type() != std::filesystem::file_type::not_found;
}

// A group that chown(2) to is allowed: for root any but its own, so that a change shows.
std::optional<std::pair<std::string, gid_t>> SomeGroup() {
  if (::geteuid() != 0) {
    const struct group* own = ::getgrgid(::getegid());
    return own == nullptr ? std::nullopt : std::optional(std::pair(own->gr_name, own->gr_gid));
  }
  std::optional<std::pair<std::string, gid_t>> found;
  ::setgrent();
  for (const struct group* each = ::getgrent(); each != nullptr && !found; each = ::getgrent()) {
    if (each->gr_gid != ::getegid()) {
      found.emplace(each->gr_name, each->gr_gid);
    }
  }
  ::endgrent();
  return found;
}

class ListenerTest : public ::testing::Test {
 protected:
  std::string Path() const { return dir_.File("s"); }

  // Bind fails, and says this.
  void ExpectRefused(const std::string& path, const std::string& text,
                     const std::string& group = "") const {
    const absl::StatusOr<Listener> listener = Listener::Bind(path, group);
    ASSERT_FALSE(listener.ok());
    EXPECT_THAT(std::string(listener.status().message()), HasSubstr(text));
  }

  const TempDir dir_;
};

TEST_F(ListenerTest, ServesConnectionsWithoutBlocking) {
  const absl::StatusOr<Listener> listener = Listener::Bind(Path(), "");
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(listener->valid());
  EXPECT_EQ(::accept(listener->fd(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EAGAIN);
  const base::UniqueFd client = ConnectUnix(Path());
  EXPECT_TRUE(client.valid());
  EXPECT_TRUE(base::UniqueFd(::accept(listener->fd(), nullptr, nullptr)).valid());
}

// inotify(7) shows every change of the file's mode: there must be none after its creation.
TEST_F(ListenerTest, OnlyTheOwnerMayConnectFromTheFirstMoment) {
  const base::UniqueFd watcher(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(watcher.get(), dir_.path().c_str(), IN_CREATE | IN_ATTRIB), 0);
  const mode_t before = ::umask(0);
  const absl::StatusOr<Listener> listener = Listener::Bind(Path(), "");
  ::umask(before);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(ModeOf(Path()), 0600u);
  EXPECT_EQ(ModeOf(Path() + ".lock"), 0600u);

  alignas(inotify_event) std::array<char, 4096> buffer;
  const ssize_t length = ::read(watcher.get(), buffer.data(), buffer.size());
  std::vector<uint32_t> events;
  for (ssize_t at = 0; at < length;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
    if (std::string(event->name) == "s") {
      events.push_back(event->mask);
    }
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  EXPECT_THAT(events, ::testing::ElementsAre(uint32_t{IN_CREATE}));
}

TEST_F(ListenerTest, AGroupMayConnectWhenNamed) {
  const auto group = SomeGroup();
  if (!group.has_value()) {
    GTEST_SKIP() << "no group to give a file to";
  }
  const absl::StatusOr<Listener> listener = Listener::Bind(Path(), group->first);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(ModeOf(Path()), 0660u);
  EXPECT_EQ(StatOf(Path()).st_gid, group->second);
  EXPECT_EQ(StatOf(Path()).st_uid, ::geteuid());
}

TEST_F(ListenerTest, AnUnknownGroupIsAnErrorAndLeavesNoSocket) {
  ExpectRefused(Path(), "no group \"no-such-group\"", "no-such-group");
  EXPECT_FALSE(IsThere(Path()));
}

TEST_F(ListenerTest, ALiveSocketIsNeverTakenOver) {
  const base::UniqueFd other = ListenUnix(Path());
  const ino_t inode = StatOf(Path()).st_ino;
  ExpectRefused(Path(), "something answers on " + Path() + " already");
  EXPECT_EQ(StatOf(Path()).st_ino, inode);
  EXPECT_TRUE(Answers(Path()));
}

TEST_F(ListenerTest, ADeadSocketIsReplaced) {
  ListenUnix(Path()).Reset();
  ASSERT_TRUE(IsThere(Path()));
  ASSERT_FALSE(Answers(Path()));
  const absl::StatusOr<Listener> listener = Listener::Bind(Path(), "");
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(Answers(Path()));
}

TEST_F(ListenerTest, WhatIsNoSocketIsRefusedAndLeftAsItIs) {
  const base::UniqueFd elsewhere = ListenUnix(dir_.File("elsewhere"));
  ListenUnix(dir_.File("dead")).Reset();
  const struct {
    std::string name;
    std::function<void(const std::string& path)> make;
  } kRows[] = {
      {"a regular file", [](const std::string& path) { std::ofstream(path) << "precious"; }},
      {"a folder", [](const std::string& path) { std::filesystem::create_directory(path); }},
      {"a FIFO", [](const std::string& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }},
      {"a link to a live socket",
       [&](const std::string& path) {
         std::filesystem::create_symlink(dir_.File("elsewhere"), path);
       }},
      {"a link to a dead socket",
       [&](const std::string& path) { std::filesystem::create_symlink(dir_.File("dead"), path); }},
      {"a link to nothing",
       [](const std::string& path) { std::filesystem::create_symlink("/no/such/thing", path); }},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    row.make(Path());
    const struct stat before = StatOf(Path());
    ExpectRefused(Path(), Path() + " is there and is no socket");
    const struct stat after = StatOf(Path());
    EXPECT_EQ(after.st_ino, before.st_ino);
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(after.st_size, before.st_size);
    std::filesystem::remove(Path());
  }
  EXPECT_TRUE(IsThere(dir_.File("dead")));
  EXPECT_TRUE(Answers(dir_.File("elsewhere")));
}

TEST_F(ListenerTest, TwoAgentsCannotServeOnePath) {
  std::optional<absl::StatusOr<Listener>> first = Listener::Bind(Path(), "");
  ASSERT_TRUE(first->ok()) << first->status();
  ExpectRefused(Path(), "another sekisho serves this socket");
  EXPECT_TRUE(Answers(Path()));
  // Nor when the first one's file was removed from under it: what tells is the lock.
  std::filesystem::remove(Path());
  ExpectRefused(Path(), "another sekisho serves this socket");
  first.reset();
  EXPECT_TRUE(Listener::Bind(Path(), "").ok());
}

TEST_F(ListenerTest, ALockThatIsALinkIsNotFollowed) {
  std::filesystem::create_symlink(dir_.File("target"), Path() + ".lock");
  ExpectRefused(Path(), "cannot open the lock file");
  EXPECT_FALSE(IsThere(dir_.File("target")));
}

TEST_F(ListenerTest, ItsFileGoesWithIt) {
  {
    absl::StatusOr<Listener> listener = Listener::Bind(Path(), "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    const Listener moved = std::move(listener).value();
    EXPECT_TRUE(moved.valid());
    listener = absl::CancelledError("what was moved from is destroyed");
    EXPECT_TRUE(Answers(Path()));
  }
  EXPECT_FALSE(IsThere(Path()));
}

TEST_F(ListenerTest, SomebodyElsesFileAtItsPathStays) {
  base::UniqueFd other;
  {
    const absl::StatusOr<Listener> listener = Listener::Bind(Path(), "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    std::filesystem::remove(Path());
    other = ListenUnix(Path());
  }
  EXPECT_TRUE(Answers(Path()));
}

TEST_F(ListenerTest, PathsThatNoSocketCanHave) {
  const std::string longest =
      dir_.path() + "/" + std::string(sizeof(sockaddr_un::sun_path) - 2 - dir_.path().size(), 'x');
  ASSERT_EQ(longest.size(), 107u);
  {
    const absl::StatusOr<Listener> listener = Listener::Bind(longest, "");
    EXPECT_TRUE(listener.ok()) << listener.status();
    EXPECT_TRUE(Answers(longest));
  }
  ExpectRefused(longest + "x", "must have 1 to 107 bytes");
  EXPECT_FALSE(IsThere(longest + "x.lock"));
  ExpectRefused("", "must have 1 to 107 bytes");
  ExpectRefused(dir_.File("missing/s"), "No such file or directory");
}

TEST(ListenerFromSystemdTest, NothingPassedIsNoListener) {
  ASSERT_EQ(::getenv("LISTEN_FDS"), nullptr);
  const absl::StatusOr<Listener> listener = Listener::FromSystemd("/any/path", "");
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_FALSE(listener->valid());
}

}  // namespace
}  // namespace sekisho::app
