#include "record/profile_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::record {
namespace {

class ProfileFileTest : public ::testing::Test {
 protected:
  const testing::TempDir dir_;
  const std::string path_ = dir_.File("web.json");
};

TEST_F(ProfileFileTest, WhatWasWrittenIsFoundAgain) {
  const absl::StatusOr<std::optional<Calls>> none = EarlierCalls(path_, false);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());

  const Calls calls{.names = {"read", "write"}, .architectures = {seccomp::NativeArch()}};
  ASSERT_TRUE(WriteProfile(path_, calls).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644u);
  const absl::StatusOr<std::optional<Calls>> back = EarlierCalls(path_, false);
  ASSERT_TRUE(back.ok() && back->has_value()) << back.status();
  EXPECT_EQ((*back)->names, calls.names);
}

TEST_F(ProfileFileTest, AnotherFileIsOnlyWrittenOverByForce) {
  testing::WriteText(path_, "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}");
  const absl::Status refused = EarlierCalls(path_, false).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("--force"), absl::string_view::npos) << refused;
  const absl::StatusOr<std::optional<Calls>> forced = EarlierCalls(path_, true);
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_FALSE(forced->has_value());
}

TEST_F(ProfileFileTest, WhatIsNoFileIsNeverWrittenOver) {
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(EarlierCalls(path_, true).ok());
}

}  // namespace
}  // namespace sekisho::record
