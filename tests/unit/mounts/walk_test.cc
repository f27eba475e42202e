// Both ways to walk must agree. Crossing mount points needs real mounts: see the integration tests.
#include "mounts/walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <functional>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::mounts {
namespace {

namespace fs = std::filesystem;

struct Way {
  std::string name = {};
  std::function<Opened(int, const std::string&)> open = {};
};

class WalkTest : public ::testing::TestWithParam<Way> {
 protected:
  WalkTest() {
    fs::create_directories(dir_.path() + "/a/b");
    testing::WriteText(dir_.File("a/b/file"), "text");
    fs::create_symlink("b", dir_.File("a/link"));
    fs::create_symlink("file", dir_.File("a/b/link"));
    fs::create_symlink("/proc/self", dir_.File("out"));
    top_.Reset(::open(dir_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  testing::TempDir dir_;
  base::UniqueFd top_;
};

TEST_P(WalkTest, OpensWhatIsThere) {
  for (const char* path : {"a", "a/b", "a/b/file"}) {
    const Opened opened = GetParam().open(top_.get(), path);
    ASSERT_TRUE(opened.fd.valid()) << path;
    EXPECT_EQ(opened.error, 0);
    struct stat by_fd {};
    struct stat by_path {};
    ASSERT_EQ(::fstat(opened.fd.get(), &by_fd), 0);
    ASSERT_EQ(::stat(dir_.File(path).c_str(), &by_path), 0);
    EXPECT_EQ(by_fd.st_ino, by_path.st_ino) << path;
  }
}

TEST_P(WalkTest, FollowsNoSymlinkAndFindsNothingWhereNothingIs) {
  const struct {
    const char* path;
    int error;
  } kCases[] = {
      {"a/link", ELOOP},       // at the end
      {"a/link/file", ELOOP},  // on the way
      {"a/b/link", ELOOP},     // to a file
      {"out", ELOOP},          // to elsewhere
      {"out/status", ELOOP},   // by way of elsewhere
      {"c", ENOENT},          {"a/c/d", ENOENT}, {"a/b/file/c", ENOTDIR},
  };
  for (const auto& row : kCases) {
    const Opened opened = GetParam().open(top_.get(), row.path);
    EXPECT_FALSE(opened.fd.valid()) << row.path;
    EXPECT_EQ(opened.error, row.error) << row.path;
  }
}

TEST(OnOneMountTest, OnlyAKernelThatWasAskedAndAnsweredSaysSo) {
  const base::UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(proc.valid());
  EXPECT_TRUE(OpenBelow(proc.get(), "sys/kernel", Crossing::kForbidden).on_one_mount);
  EXPECT_FALSE(OpenBelow(proc.get(), "sys/kernel", Crossing::kAllowed).on_one_mount);
  EXPECT_FALSE(OpenBelowByComponents(proc.get(), "sys/kernel").on_one_mount);
  EXPECT_FALSE(OpenBelow(proc.get(), "sys/missing", Crossing::kForbidden).on_one_mount);
}

INSTANTIATE_TEST_SUITE_P(Both, WalkTest,
                         ::testing::Values(Way{"Openat2",
                                               [](int directory, const std::string& path) {
                                                 return OpenBelow(directory, path,
                                                                  Crossing::kForbidden);
                                               }},
                                           Way{"ByComponents", OpenBelowByComponents}),
                         [](const ::testing::TestParamInfo<Way>& way) { return way.param.name; });

}  // namespace
}  // namespace sekisho::mounts
