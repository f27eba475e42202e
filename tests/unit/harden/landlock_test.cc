#include "harden/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "harden/process.h"
#include "in_child.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::harden {
namespace {

using testing::ChildEnd;
using testing::InChild;
using testing::TempDir;

// 0, or the errno.
int Errno(bool done) {
  return done ? 0 : errno;
}

int Write(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return Errno(fd >= 0 && ::close(fd) == 0);
}

int Read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return Errno(fd >= 0 && ::close(fd) == 0);
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Tcp(int (*call)(int, const sockaddr*, socklen_t), uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const int result =
      Errno(call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  (void)::close(fd);
  return result;
}

class LandlockTest : public ::testing::Test {
 protected:
  LandlockTest() {
    testing::WriteText(outside_.File("there"), "x");
    EXPECT_EQ(::mkdir(inside_.File("folder").c_str(), 0700), 0);
  }

  // What `work` returns where Landlock holds. A kernel without it has to say so, and nothing else
  // can be seen there.
  ChildEnd Held(const std::function<int()>& work) const {
    if (LandlockVersion() == 0) {
      EXPECT_TRUE(absl::IsUnimplemented(RestrictWithLandlock(options_).status()));
      return {.code = -1};
    }
    return InChild([&] {
      return GainNoPrivileges().ok() && RestrictWithLandlock(options_).ok() ? work() : 255;
    });
  }

  void ExpectErrno(const std::function<int()>& work, int expected, const char* what) const {
    if (const ChildEnd end = Held(work); end.code != -1) {
      EXPECT_EQ(end, ChildEnd{.code = expected}) << what;
    }
  }

  TempDir inside_;
  TempDir outside_;
  LandlockOptions options_{.writable_folders = {inside_.path()}, .writable_files = {"/dev/null"}};
};

TEST_F(LandlockTest, WritingOnlyInTheFolders) {
  const struct {
    const char* what;
    std::function<int()> work;
    int expected;
  } kRows[] = {
      {"a file in it", [&] { return Write(inside_.File("new")); }, 0},
      {"a file below it", [&] { return Write(inside_.File("folder/new")); }, 0},
      {"/dev/null", [] { return Write("/dev/null"); }, 0},
      {"a new file elsewhere", [&] { return Write(outside_.File("new")); }, EACCES},
      {"a file that is there", [&] { return Write(outside_.File("there")); }, EACCES},
      {"reading it", [&] { return Read(outside_.File("there")); }, 0},
      {"removing it", [&] { return Errno(::unlink(outside_.File("there").c_str()) == 0); }, EACCES},
      {"moving it here",
       [&] {
         return Errno(::rename(outside_.File("there").c_str(), inside_.File("got").c_str()) == 0);
       },
       EACCES},
      {"moving within",
       [&] {
         return Write(inside_.File("a")) == 0
                    ? Errno(::rename(inside_.File("a").c_str(), inside_.File("folder/a").c_str()) ==
                            0)
                    : 254;
       },
       LandlockVersion() >= 2 ? 0 : EXDEV},
      {"a folder elsewhere", [&] { return Errno(::mkdir(outside_.File("d").c_str(), 0700) == 0); },
       EACCES},
      {"a device", [&] { return Errno(::mknod(inside_.File("dev").c_str(), S_IFCHR, 0x103) == 0); },
       EACCES},
      {"executing", [] { return Errno(::execl("/bin/true", "true", nullptr) == 0); }, EACCES},
  };
  for (const auto& row : kRows) {
    ExpectErrno(row.work, row.expected, row.what);
  }
}

TEST_F(LandlockTest, AFolderThatComesLaterMayBeMade) {
  const std::string later = inside_.File("folder/state/deep");
  options_.writable_folders = {later};
  ExpectErrno([&] { return Errno(::mkdir(inside_.File("folder/state").c_str(), 0700) == 0); }, 0,
              "making it");
  ExpectErrno([&] { return Write(inside_.File("folder/state/x")); }, 0, "writing in it");
  ExpectErrno([&] { return Write(inside_.File("beside")); }, EACCES, "writing above");
}

TEST_F(LandlockTest, TcpOnlyAsItIsSaid) {
  constexpr uint16_t kPort = 39469;
  constexpr uint16_t kOther = 39470;
  const bool limited = LandlockVersion() >= 4;
  options_.tcp_listen = kPort;
  options_.tcp_connect = false;
  ExpectErrno([] { return Tcp(::bind, kOther); }, limited ? EACCES : 0, "another port");
  // Nobody listens there.
  ExpectErrno([] { return Tcp(::connect, kOther); }, limited ? EACCES : ECONNREFUSED, "connecting");
  ExpectErrno([] { return Tcp(::bind, kPort); }, 0, "the port");
  options_.tcp_connect = true;
  ExpectErrno([] { return Tcp(::connect, kOther); }, ECONNREFUSED, "connecting where it may");
}

TEST_F(LandlockTest, WithoutNoNewPrivilegesItCannotHoldForWhoHasNoPrivilege) {
  if (::geteuid() == 0) {
    return;  // CAP_SYS_ADMIN takes its place
  }
  EXPECT_FALSE(RestrictWithLandlock(options_).ok());
}

}  // namespace
}  // namespace sekisho::harden
