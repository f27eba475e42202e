#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sekisho::base {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "/file_test.XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    directory_ = directory;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  size_t EntryCount() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) {
      ++count;
    }
    return count;
  }

  std::string directory_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFileAtomically(Path("f"), bytes, 0640).ok());
  const auto file = ReadOwnedFile(Path("f"), 4);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bytes, bytes);
  EXPECT_EQ(file->owner, ::geteuid());
  EXPECT_EQ(file->mode, 0640u);
}

TEST_F(FileTest, BoundIsExact) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{65537}}) {
    ASSERT_TRUE(WriteFileAtomically(Path("f"), std::string(size, 'x'), 0600).ok());
    const auto exact = ReadFile(Path("f"), size);
    ASSERT_TRUE(exact.ok()) << exact.status();
    EXPECT_EQ(exact->size(), size);
    if (size > 0) {
      const auto over = ReadFile(Path("f"), size - 1);
      EXPECT_EQ(over.status().code(), absl::StatusCode::kResourceExhausted) << size;
    }
  }
}

TEST_F(FileTest, MessagesBeginWithThePath) {
  const auto missing = ReadFile(Path("none"), 10);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.status().message(), Path("none") + ": cannot open: No such file or directory");
}

TEST_F(FileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo(Path("fifo").c_str(), 0600), 0);
  // Nobody writes to the FIFO: this test would hang if the open waited.
  EXPECT_EQ(ReadFile(Path("fifo"), 10).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadFile(directory_, 10).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadFile("/dev/zero", 10).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FileTest, ReadsAFileWhoseSizeIsReportedAsZero) {
  const auto status = ReadFile("/proc/self/status", 1 << 20);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_NE(status->find("Name:"), std::string::npos);
}

TEST_F(FileTest, ReplacesAsAWholeAndLeavesNoTemporaryFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("f"), "old and longer", 0600).ok());
  ASSERT_TRUE(WriteFileAtomically(Path("f"), "new", 0644).ok());
  const auto file = ReadOwnedFile(Path("f"), 100);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->bytes, "new");
  EXPECT_EQ(file->mode, 0644u);
  EXPECT_EQ(EntryCount(), 1u);
}

TEST_F(FileTest, FailureLeavesTheTargetAndNoTemporaryFile) {
  ASSERT_EQ(::mkdir(Path("taken").c_str(), 0700), 0);
  EXPECT_FALSE(WriteFileAtomically(Path("taken"), "x", 0600).ok());
  EXPECT_EQ(EntryCount(), 1u);
  EXPECT_FALSE(WriteFileAtomically(Path("no/such/dir"), "x", 0600).ok());
}

TEST_F(FileTest, ModeIsExactUnderAnyUmask) {
  const mode_t old = ::umask(0077);
  const absl::Status written = WriteFileAtomically(Path("f"), "x", 0664);
  ::umask(old);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(ReadOwnedFile(Path("f"), 1)->mode, 0664u);
}

}  // namespace
}  // namespace sekisho::base
