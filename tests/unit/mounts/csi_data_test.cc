#include "mounts/csi_data.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/unique_fd.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::mounts {

// For messages of failed expectations.
void PrintTo(const CsiData& data, std::ostream* out) {
  *out << "\"" << data.driver << "\"" << (data.is_inline ? " inline" : "");
}

namespace {

constexpr std::string_view kInline =
    R"({"driverName":"inline.storage.example","volumeLifecycleMode":"Ephemeral","specVolID":"v"})";

TEST(CsiDataTest, ReadsDriverAndLifecycle) {
  const struct {
    std::string_view why;
    std::string_view json;
    CsiData data;
  } kCases[] = {
      {"declared in the pod", kInline, {.driver = "inline.storage.example", .is_inline = true}},
      {"of a persistent volume",
       R"({"driverName":"d","volumeLifecycleMode":"Persistent"})",
       {.driver = "d"}},
      {"another spelling",
       R"({"driverName":"d","volumeLifecycleMode":"ephemeral"})",
       {.driver = "d"}},
      {"no lifecycle", R"({"driverName":"d"})", {.driver = "d"}},
      {"no driver", R"({"volumeLifecycleMode":"Ephemeral"})", {.is_inline = true}},
      {"values of other kinds", R"({"driverName":["d"],"volumeLifecycleMode":1})", {}},
      {"not an object", R"(["driverName"])", {}},
      {"cut off", R"({"driverName":"d")", {}},
      {"not UTF-8", "{\"driverName\":\"\xff\"}", {}},
      {"empty", "", {}},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(ParseCsiData(row.json), row.data) << row.why;
  }
}

class CsiFileTest : public ::testing::Test {
 protected:
  CsiData Read() const {
    const base::UniqueFd fd(::open(dir_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return ReadCsiData(fd.get());
  }
  testing::TempDir dir_;
};

TEST_F(CsiFileTest, ReadsTheFileInTheVolumesDirectory) {
  testing::WriteText(dir_.File("vol_data.json"), std::string(kInline));
  EXPECT_EQ(Read(), (CsiData{.driver = "inline.storage.example", .is_inline = true}));
}

TEST_F(CsiFileTest, KnowsNothingWithoutTheFile) {
  EXPECT_EQ(Read(), CsiData{});
}

TEST_F(CsiFileTest, FollowsNoSymlink) {
  testing::WriteText(dir_.File("elsewhere.json"), std::string(kInline));
  std::filesystem::create_symlink("elsewhere.json", dir_.File("vol_data.json"));
  EXPECT_EQ(Read(), CsiData{});
}

TEST_F(CsiFileTest, DoesNotWaitForAFifo) {
  ASSERT_EQ(::mkfifo(dir_.File("vol_data.json").c_str(), 0600), 0);
  EXPECT_EQ(Read(), CsiData{});
}

TEST_F(CsiFileTest, ReadsNoMoreThanSuchAFileCanHold) {
  constexpr size_t kBytesMax = size_t{64} << 10;
  std::string text(kInline);
  text.resize(kBytesMax, ' ');
  testing::WriteText(dir_.File("vol_data.json"), text);
  EXPECT_TRUE(Read().is_inline) << "just as long as allowed";
  testing::WriteText(dir_.File("vol_data.json"), text + " ");
  EXPECT_EQ(Read(), CsiData{});
}

}  // namespace
}  // namespace sekisho::mounts
