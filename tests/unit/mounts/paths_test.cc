#include "mounts/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekisho::mounts {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PathsTest, SaysWhatKeepsAPathFromBeingClean) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view path;
    std::string_view why;
  } kCases[] = {
      {"/", ""},
      {"/a", ""},
      {"/a/..b/c..", ""},
      {"/a b/.c", ""},
      {"", "host_path is empty"},
      {"etc", "host_path is relative"},
      {"./etc", "host_path is relative"},
      {"//", "host_path has a double slash in it"},
      {"//etc", "host_path has a double slash in it"},
      {"/etc//", "host_path has a double slash in it"},
      {"/etc/", "host_path ends in a slash"},
      {"/.", "host_path has a \".\" in it"},
      {"/a/./b", "host_path has a \".\" in it"},
      {"/..", "host_path has a \"..\" in it"},
      {"/a/../b", "host_path has a \"..\" in it"},
      {"/a\0b"sv, "host_path has a NUL byte in it"},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(WhyNotClean(row.path), row.why) << row.path;
  }
}

TEST(PathsTest, TakesOneComponentForAPlainName) {
  using namespace std::string_view_literals;
  for (const std::string_view name : {"a", "...", "..a", "a b", "kubernetes.io~csi"}) {
    EXPECT_TRUE(IsPlainName(name)) << name;
  }
  for (const std::string_view name : {""sv, "."sv, ".."sv, "a/b"sv, "/"sv, "a\0"sv}) {
    EXPECT_FALSE(IsPlainName(name)) << name;
  }
}

TEST(PathsTest, SplitsIntoComponents) {
  EXPECT_THAT(Components("/"), IsEmpty());
  EXPECT_THAT(Components("/a"), ElementsAre("a"));
  EXPECT_THAT(Components("/a/b c/..."), ElementsAre("a", "b c", "..."));
}

TEST(PathsTest, CleansAsGoDoes) {
  const struct {
    std::string_view path;
    std::string_view clean;
  } kCases[] = {
      {"", "/"},
      {"/", "/"},
      {"/dev/termination-log", "/dev/termination-log"},
      {"dev/log", "/dev/log"},
      {"//a//b/", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"../../a", "/a"},
      {"/a/b/../..", "/"},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(CleanAbsolute(row.path), row.clean) << row.path;
  }
}

TEST(PathsTest, ComparesComponentsAndNotLetters) {
  EXPECT_TRUE(IsAtOrBelow("/a/b", "/a/b"));
  EXPECT_TRUE(IsAtOrBelow("/a/b/c", "/a/b"));
  EXPECT_TRUE(IsAtOrBelow("/a", "/"));
  EXPECT_TRUE(IsAtOrBelow("/", "/"));
  EXPECT_FALSE(IsAtOrBelow("/a/bc", "/a/b"));
  EXPECT_FALSE(IsAtOrBelow("/a", "/a/b"));
  EXPECT_FALSE(IsAtOrBelow("net:[4026531840]", "/"));
}

TEST(PathsTest, TakesADirectoryOffAndPutsItBack) {
  const struct {
    std::string_view path;
    std::string_view directory;
    std::string_view rest;
  } kCases[] = {{"/a/b/c", "/a", "b/c"}, {"/a", "/a", ""}, {"/a/b", "/", "a/b"}, {"/", "/", ""}};
  for (const auto& row : kCases) {
    EXPECT_EQ(RelativeTo(row.path, row.directory), row.rest);
    EXPECT_EQ(Join(row.directory, row.rest), row.path);
  }
}

}  // namespace
}  // namespace sekisho::mounts
