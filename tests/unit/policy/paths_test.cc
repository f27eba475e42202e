#include "policy/paths.h"

#include <gtest/gtest.h>

namespace sekisho::policy {
namespace {

using std::string_view_literals::operator""sv;

TEST(Paths, CleanAndAbsolute) {
  for (const std::string_view path :
       {"/a", "/a/b", "/...", "/..a", "/a..", "/.a/b.", "/a b", "/\n"}) {
    EXPECT_TRUE(IsCleanAbsolutePath(path)) << path;
  }
  for (const std::string_view path :
       {""sv, "/"sv, "//"sv, "a"sv, "a/b"sv, "./a"sv, "/."sv, "/.."sv, "/a/"sv, "//a"sv, "/a//b"sv,
        "/a/./b"sv, "/a/../b"sv, "/a/.."sv, "/a\0b"sv, "\0/a"sv, " /a"sv}) {
    EXPECT_FALSE(IsCleanAbsolutePath(path)) << path;
  }
}

TEST(Paths, BelowIsByComponent) {
  EXPECT_TRUE(IsBelow("/var/lib/kubelet/x", "/var/lib/kubelet"));
  EXPECT_TRUE(IsBelow("/var/lib/kubelet/x/y", "/var/lib/kubelet"));
  EXPECT_FALSE(IsBelow("/var/lib/kubelet", "/var/lib/kubelet"));
  EXPECT_FALSE(IsBelow("/var/lib/kubelet/", "/var/lib/kubelet"));
  EXPECT_FALSE(IsBelow("/var/lib/kubelet2/x", "/var/lib/kubelet"));
  EXPECT_FALSE(IsBelow("/var/lib", "/var/lib/kubelet"));
  EXPECT_FALSE(IsBelow("", "/var/lib/kubelet"));
}

}  // namespace
}  // namespace sekisho::policy
