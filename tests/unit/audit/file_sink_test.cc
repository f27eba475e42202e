#include "audit/file_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "support/temp_dir.h"

namespace sekisho::audit {
namespace {

using ::testing::HasSubstr;

std::vector<nlohmann::json> Lines(const std::string& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

Record Named(const std::string& name) {
  Record record;
  record.container = name;
  return record;
}

constexpr uint64_t kBig = uint64_t{64} << 20;

TEST(FileSinkTest, WritesEveryRecordInOrder) {
  const testing::TempDir dir;
  FileSink sink(dir.File("log"), kBig, 1);
  for (int i = 0; i < 100; ++i) {
    sink.Write(Named(std::to_string(i)));
  }
  sink.Flush();
  const auto lines = Lines(dir.File("log"));
  ASSERT_EQ(lines.size(), 100u);
  EXPECT_EQ(lines[42]["container"], "42");
  EXPECT_EQ(sink.stats().written, 100u);
  EXPECT_EQ(sink.stats().lost, 0u);
}

TEST(FileSinkTest, ManyThreadsLoseNothing) {
  const testing::TempDir dir;
  {
    FileSink sink(dir.File("log"), kBig, 1);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&sink] {
        for (int i = 0; i < 500; ++i) {
          sink.Write(Named("x"));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  EXPECT_EQ(Lines(dir.File("log")).size(), 2000u);
}

TEST(FileSinkTest, AFullDiskIsCountedAndDoesNotBlock) {
  FileSink sink("/dev/full", kBig, 1);
  for (int i = 0; i < 50; ++i) {
    sink.Write(Named("x"));
  }
  sink.Flush();
  EXPECT_EQ(sink.stats().lost, 50u);
  EXPECT_EQ(sink.stats().written, 0u);
  EXPECT_THAT(sink.stats().last_error, HasSubstr("No space left on device"));
}

TEST(FileSinkTest, SaysWhatWasLostWhenItCanWriteAgain) {
  const testing::TempDir dir;
  FileSink sink(dir.File("sub/log"), kBig, 1);
  sink.Write(Named("lost"));
  sink.Write(Named("lost too"));
  sink.Flush();
  std::filesystem::create_directory(dir.File("sub"));
  sink.Write(Named("kept"));
  sink.Flush();
  const auto lines = Lines(dir.File("sub/log"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["event"], "records-lost");
  EXPECT_EQ(lines[0]["count"], 2);
  EXPECT_THAT(lines[0]["error"].get<std::string>(), HasSubstr("No such file"));
  EXPECT_EQ(lines[1]["container"], "kept");
  EXPECT_TRUE(sink.stats().last_error.empty());
}

TEST(FileSinkTest, ReopensWhenTheFileWasMovedAway) {
  const testing::TempDir dir;
  FileSink sink(dir.File("log"), kBig, 1);
  sink.Write(Named("old"));
  sink.Flush();
  std::filesystem::rename(dir.File("log"), dir.File("moved"));
  sink.Reopen();
  sink.Write(Named("new"));
  sink.Flush();
  EXPECT_EQ(Lines(dir.File("moved")).size(), 1u);
  EXPECT_EQ(Lines(dir.File("log")).size(), 1u);
}

}  // namespace
}  // namespace sekisho::audit
