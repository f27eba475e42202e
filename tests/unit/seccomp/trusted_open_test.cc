#include "seccomp/trusted_open.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "base/str_cat.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::seccomp {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kStranger = 12345;

class TrustedOpenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(InRoot("team"));
    ::chmod(Root().c_str(), 0755);
    ::chmod(InRoot("team").c_str(), 0755);
    Write("team/good.json");
    testing::WriteText(dir_.File("outside.json"), "outside");
  }
  std::string Root() const { return dir_.File("root"); }
  std::string InRoot(const std::string& name) const { return base::StrCat(Root(), "/", name); }
  void Write(const std::string& name, mode_t mode = 0644) {
    testing::WriteText(InRoot(name), "text");
    ::chmod(InRoot(name).c_str(), mode);
  }
  absl::StatusOr<std::string> Read(const std::string& name, size_t max = 100) {
    const absl::StatusOr<Located> located = Locate(Root(), name);
    if (!located.ok()) {
      return located.status();
    }
    absl::StatusOr<TrustedBytes> file = ReadTrusted(*located, max);
    if (!file.ok()) {
      return file.status();
    }
    return std::move(file->bytes);
  }

  testing::TempDir dir_;
};

TEST_F(TrustedOpenTest, ReadsAFileInASubdirectory) {
  const absl::StatusOr<std::string> bytes = Read("team/good.json");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, "text");
}

TEST_F(TrustedOpenTest, Refuses) {
  const struct {
    std::string name;
    std::function<void()> prepare;
    absl::StatusCode code;
    std::string words;
  } kCases[] = {
      {"missing.json", [] {}, absl::StatusCode::kNotFound, "does not exist"},
      {"nowhere/good.json", [] {}, absl::StatusCode::kNotFound, "does not exist"},
      {"team/good.json/below", [] {}, absl::StatusCode::kNotFound, "is no directory"},
      {std::string(300, 'n'), [] {}, absl::StatusCode::kNotFound, "does not exist"},
      {"link.json", [&] { std::filesystem::create_symlink("team/good.json", InRoot("link.json")); },
       absl::StatusCode::kPermissionDenied, "is a symbolic link"},
      {"out.json",
       [&] { std::filesystem::create_symlink(dir_.File("outside.json"), InRoot("out.json")); },
       absl::StatusCode::kPermissionDenied, "is a symbolic link"},
      {"linked/good.json", [&] { std::filesystem::create_symlink("team", InRoot("linked")); },
       absl::StatusCode::kPermissionDenied, "linked\", which is a symbolic link"},
      {"../outside.json", [] {}, absl::StatusCode::kPermissionDenied, "leads out"},
      {"team/../../outside.json", [] {}, absl::StatusCode::kPermissionDenied, "leads out"},
      {"team/../team/good.json", [] {}, absl::StatusCode::kPermissionDenied, "leads out"},
      {"/etc/passwd", [] {}, absl::StatusCode::kPermissionDenied, "not a clean path"},
      {"team//good.json", [] {}, absl::StatusCode::kPermissionDenied, "not a clean path"},
      {"team/./good.json", [] {}, absl::StatusCode::kPermissionDenied, "not a clean path"},
      {"team/good.json/", [] {}, absl::StatusCode::kNotFound, "is no directory"},
      {std::string("team/good.json\0.txt", 19), [] {}, absl::StatusCode::kPermissionDenied,
       "not a clean path"},
      {"", [] {}, absl::StatusCode::kPermissionDenied, "not a clean path"},
      {"team", [] {}, absl::StatusCode::kPermissionDenied, "is not a regular file"},
      {"fifo", [&] { ASSERT_EQ(::mkfifo(InRoot("fifo").c_str(), 0600), 0); },
       absl::StatusCode::kPermissionDenied, "is not a regular file"},
      {"group.json", [&] { Write("group.json", 0664); }, absl::StatusCode::kPermissionDenied,
       "is writable by group or others"},
      {"world.json", [&] { Write("world.json", 0646); }, absl::StatusCode::kPermissionDenied,
       "is writable by group or others"},
      {"open/good.json",
       [&] {
         std::filesystem::create_directory(InRoot("open"));
         Write("open/good.json");
         ::chmod(InRoot("open").c_str(), 01777);
       },
       absl::StatusCode::kPermissionDenied, "open\", which is writable by group or others"},
      {"open/deep/good.json",
       [&] {
         std::filesystem::create_directory(InRoot("open/deep"));
         Write("open/deep/good.json");
       },
       absl::StatusCode::kPermissionDenied, "open\", which is writable by group or others"},
      {"long.json", [&] { testing::WriteText(InRoot("long.json"), std::string(101, 'x')); },
       absl::StatusCode::kResourceExhausted, "is longer than the 100 bytes"},
      // The last: nothing can be trusted any more.
      {"team/good.json", [&] { ::chmod(Root().c_str(), 0775); },
       absl::StatusCode::kPermissionDenied, "root\", which is writable by group or others"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.name);
    row.prepare();
    const absl::StatusOr<std::string> bytes = Read(row.name);
    EXPECT_EQ(bytes.status().code(), row.code) << bytes.status();
    EXPECT_THAT(std::string(bytes.status().message()), HasSubstr(row.words));
  }
}

TEST_F(TrustedOpenTest, RefusesWhatBelongsToAnotherUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  Write("foreign.json");
  std::filesystem::create_directory(InRoot("foreign"));
  Write("foreign/good.json");
  ASSERT_EQ(::chown(InRoot("foreign.json").c_str(), kStranger, 0), 0);
  ASSERT_EQ(::chown(InRoot("foreign").c_str(), kStranger, 0), 0);
  EXPECT_THAT(std::string(Read("foreign.json").status().message()),
              HasSubstr("belongs to user 12345"));
  EXPECT_THAT(std::string(Read("foreign/good.json").status().message()),
              HasSubstr("foreign\", which belongs to user 12345"));
  ASSERT_EQ(::chown(Root().c_str(), kStranger, 0), 0);
  EXPECT_THAT(std::string(Read("team/good.json").status().message()),
              HasSubstr("root\", which belongs to user 12345"));
}

TEST_F(TrustedOpenTest, RefusesADevice) {
  if (::mknod(InRoot("device").c_str(), S_IFCHR | 0600, ::makedev(1, 5)) != 0) {
    GTEST_SKIP() << "cannot make a device here";
  }
  EXPECT_THAT(std::string(Read("device").status().message()), HasSubstr("not a regular file"));
}

TEST_F(TrustedOpenTest, TakesAFileOfExactlyTheBound) {
  testing::WriteText(InRoot("full.json"), std::string(100, 'x'));
  EXPECT_TRUE(Read("full.json").ok());
}

// Another name gives nobody the right to write to it.
TEST_F(TrustedOpenTest, TakesAFileWithTwoNames) {
  std::filesystem::create_hard_link(InRoot("team/good.json"), InRoot("other.json"));
  EXPECT_TRUE(Read("other.json").ok());
}

TEST_F(TrustedOpenTest, ARootBehindASymbolicLinkIsTheOperatorsWord) {
  std::filesystem::create_directory_symlink(Root(), dir_.File("link-to-root"));
  EXPECT_TRUE(Locate(dir_.File("link-to-root"), "team/good.json").ok());
}

TEST_F(TrustedOpenTest, AMissingRootHoldsNoFile) {
  EXPECT_EQ(Locate(dir_.File("nowhere"), "x.json").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TrustedOpenTest, WhatTookTheNameMeanwhileIsJudgedToo) {
  const absl::StatusOr<Located> located = Locate(Root(), "team/good.json");
  ASSERT_TRUE(located.ok());
  std::filesystem::remove(InRoot("team/good.json"));
  ASSERT_EQ(::mkfifo(InRoot("team/good.json").c_str(), 0600), 0);
  EXPECT_EQ(ReadTrusted(*located, 100).status().code(), absl::StatusCode::kPermissionDenied);
  std::filesystem::remove(InRoot("team/good.json"));
  std::filesystem::create_symlink(dir_.File("outside.json"), InRoot("team/good.json"));
  EXPECT_EQ(ReadTrusted(*located, 100).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(TrustedOpenTest, ARewriteWithTheOldLengthAndTimesIsAnotherIdentity) {
  // Until its times are older than the kernel's clock, a file may change and keep them; a reader is
  // told so.
  const auto settled = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      const absl::StatusOr<Located> located = Locate(Root(), "team/good.json");
      const absl::StatusOr<TrustedBytes> file = ReadTrusted(*located, 100);
      if (file->settled || std::chrono::steady_clock::now() > deadline) {
        EXPECT_TRUE(file->settled);
        return *file;
      }
    }
  };
  const TrustedBytes before = settled();
  struct stat info {};
  ASSERT_EQ(::stat(InRoot("team/good.json").c_str(), &info), 0);
  testing::WriteText(InRoot("team/good.json"), "TEXT");
  const timespec times[] = {info.st_atim, info.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, InRoot("team/good.json").c_str(), times, 0), 0);
  const TrustedBytes after = settled();
  EXPECT_EQ(after.identity.mtime_ns, before.identity.mtime_ns);
  EXPECT_EQ(after.identity.size, before.identity.size);
  EXPECT_NE(after.identity, before.identity);
}

TEST_F(TrustedOpenTest, SaysWhenALaterChangeMightNotShow) {
  const auto settled = [&] {
    const absl::StatusOr<Located> located = Locate(Root(), "team/good.json");
    const absl::StatusOr<TrustedBytes> file = ReadTrusted(*located, 100);
    return file.ok() && file->settled;
  };
  // The clock may tick between writing and reading, but not every time.
  bool doubted = false;
  for (int i = 0; i < 1000 && !doubted; ++i) {
    Write("team/good.json");
    doubted = !settled();
  }
  EXPECT_TRUE(doubted);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!settled()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
}

TEST(RelativeToTest, IsAboutSpelling) {
  EXPECT_EQ(*RelativeTo("/a/b", "/a/b/x/y.json"), "x/y.json");
  for (const char* path : {"/a/root", "/a/root/", "/a/rootx/y", "/etc/passwd", "x.json", ""}) {
    EXPECT_EQ(RelativeTo("/a/root", path).status().code(), absl::StatusCode::kPermissionDenied)
        << path;
  }
}

// Makes openat2(2) fail with `error` in this process, for good.
void RefuseOpenat2(int error) {
  const sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = 4, .filter = const_cast<sock_filter*>(code)};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(2);
  }
}

TEST_F(TrustedOpenTest, FailsClosedWithoutOpenat2) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_EXIT(
        {
          RefuseOpenat2(error);
          const absl::Status status = Read("team/good.json").status();
          const bool clear = status.code() == absl::StatusCode::kPermissionDenied &&
                             base::StdView(status.message()).find("openat2") != std::string::npos;
          ::_exit(clear ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), "");
  }
}

}  // namespace
}  // namespace sekisho::seccomp
