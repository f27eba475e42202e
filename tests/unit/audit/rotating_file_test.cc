#include "audit/rotating_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::audit {
namespace {

using ::testing::HasSubstr;
using testing::ReadText;

TEST(RotatingFileTest, RotatesBySizeAndKeepsSoManyFiles) {
  const testing::TempDir dir;
  RotatingFile file(dir.File("log"), 10, 2);
  for (const char* line : {"1111", "2222", "3333", "4444", "5555", "6666", "7777"}) {
    ASSERT_TRUE(file.Append(line).ok());
  }
  EXPECT_EQ(ReadText(dir.File("log")), "7777\n");
  EXPECT_EQ(ReadText(dir.File("log.1")), "5555\n6666\n");
  EXPECT_EQ(ReadText(dir.File("log.2")), "3333\n4444\n");
  EXPECT_FALSE(std::filesystem::exists(dir.File("log.3")));
}

TEST(RotatingFileTest, ALineLongerThanAFileIsWrittenAlone) {
  const testing::TempDir dir;
  RotatingFile file(dir.File("log"), 10, 1);
  ASSERT_TRUE(file.Append("short").ok());
  ASSERT_TRUE(file.Append(std::string(50, 'x')).ok());
  EXPECT_EQ(ReadText(dir.File("log")), std::string(50, 'x') + "\n");
}

TEST(RotatingFileTest, ALineThatAnotherProcessLeftUnfinishedIsNotContinued) {
  const testing::TempDir dir;
  std::ofstream(dir.File("log")) << "torn";
  RotatingFile file(dir.File("log"), 1000, 1);
  ASSERT_TRUE(file.Append("whole").ok());
  EXPECT_EQ(ReadText(dir.File("log")), "torn\nwhole\n");
}

TEST(RotatingFileTest, OnlyRootReadsIt) {
  const testing::TempDir dir;
  RotatingFile file(dir.File("log"), 1000, 1);
  ASSERT_TRUE(file.Append("x").ok());
  EXPECT_EQ(std::filesystem::status(dir.File("log")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(RotatingFileTest, AFullDiskFailsWithItsReason) {
  RotatingFile file("/dev/full", 1000, 1);
  EXPECT_THAT(std::string(file.Append("x").message()), HasSubstr("No space left on device"));
}

TEST(RotatingFileTest, AMissingFolderHealsWhenItComesBack) {
  const testing::TempDir dir;
  RotatingFile file(dir.File("sub/log"), 1000, 1);
  EXPECT_FALSE(file.Append("lost").ok());
  std::filesystem::create_directory(dir.File("sub"));
  EXPECT_TRUE(file.Append("kept").ok());
  EXPECT_EQ(ReadText(dir.File("sub/log")), "kept\n");
}

}  // namespace
}  // namespace sekisho::audit
