// Every kind of damage to the file of a NamespaceCache is seen, and costs nothing but the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "unit/kube/namespace_cache_fixture.h"

namespace sekisho::kube {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::StartsWith;

// --- damaged

TEST_F(NamespaceCacheTest, EveryFlippedBitIsFound) {
  WriteSome();
  const std::string whole = Bytes();
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
    Put(bytes);
    ASSERT_EQ(Cache().Read().status().code(), absl::StatusCode::kDataLoss) << "byte " << i;
    ASSERT_EQ(Bytes(".damaged"), bytes);
    fs::remove(file_ + ".damaged");  // replacing one makes some file systems wait for the disk
  }
  Put(whole);
  EXPECT_TRUE(Cache().Read().ok());
}

TEST_F(NamespaceCacheTest, EveryTruncationIsFound) {
  WriteSome();
  const std::string whole = Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    Put(whole.substr(0, size));
    ASSERT_EQ(Cache().Read().status().code(), absl::StatusCode::kDataLoss) << size << " bytes";
    fs::remove(file_ + ".damaged");
  }
  Put(whole + "\n");
  ExpectDamaged("does not have the SHA-256 that its first line tells");
}

TEST_F(NamespaceCacheTest, ADamagedFileIsPutAside) {
  Put("");
  ExpectDamaged("does not begin with a line that holds a SHA-256");
  WriteSome();
  EXPECT_TRUE(Cache().Read().ok()) << "and a new one takes its place";
  Put("another");
  ExpectDamaged("does not begin with a line that holds a SHA-256");
  EXPECT_EQ(Bytes(".damaged"), "another") << "the one before is replaced";
}

TEST_F(NamespaceCacheTest, ARightChecksumMakesNoDocumentRight) {
  const Json right = {{"apiVersion", "sekisho.io/v1alpha1"},
                      {"kind", "NamespaceCache"},
                      {"server", kServer},
                      {"resourceVersion", "1"},
                      {"confirmed", "2026-11-21T20:00:00Z"},
                      {"labelSets", {{{"pod-security.kubernetes.io/enforce", "baseline"}}}},
                      {"namespaces", {{"a", 0}}}};
  PutDocument(right.dump());
  ASSERT_TRUE(Cache().Read().ok()) << Cache().Read().status();
  Json newer = right;
  newer["more"] = "of a later build";
  newer["labelSets"][0]["pod-security.kubernetes.io/later"] = 1;
  PutDocument(newer.dump());
  ASSERT_TRUE(Cache().Read().ok()) << Cache().Read().status();

  struct Row {
    const char* path;  // what is replaced
    Json value;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"/apiVersion", "sekisho.io/v2", "\"apiVersion\" is \"sekisho.io/v2\", not"},
      {"/apiVersion", 1, "\"apiVersion\" is no text"},
      {"/kind", "Name\nspaces", "\"kind\" is \"Name\\x0aspaces\", not \"NamespaceCache\""},
      {"/kind", nullptr, "\"kind\" is no text"},
      {"/server", 1, "\"server\" is no text"},
      {"/resourceVersion", 1, "\"resourceVersion\" is no text"},
      {"/confirmed", 1, "\"confirmed\" is no text"},
      {"/confirmed", "yesterday", "\"confirmed\" is no time"},
      {"/confirmed", "infinite-past", "\"confirmed\" is no time"},
      {"/confirmed", "2026-11-31T20:00:00Z", "\"confirmed\" is no time"},
      {"/labelSets", Json::object(), "\"labelSets\" is no list"},
      {"/labelSets", nullptr, "\"labelSets\" is no list"},
      {"/labelSets", {1}, "one of \"labelSets\" is no object"},
      {"/labelSets", {{{"pod-security.kubernetes.io/warn", 1}}}, "a label in \"labelSets\""},
      {"/labelSets", Json::array(), "without a place in \"labelSets\""},
      {"/namespaces", Json::array(), "\"namespaces\" is no object"},
      {"/namespaces", {{"a", 1}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"a", -1}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"a", UINT64_MAX}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"a", 0.0}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"a", "0"}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"a", nullptr}}, "without a place in \"labelSets\""},
      {"/namespaces", {{"", 0}}, "a namespace without a name"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(base::StrCat(row.path, " is ", row.value.dump()));
    Json document = right;
    document[Json::json_pointer(row.path)] = row.value;
    PutDocument(document.dump());
    ExpectDamaged(row.why);
  }
  for (const auto& [key, value] : right.items()) {
    SCOPED_TRACE("without " + key);
    Json document = right;
    document.erase(key);
    PutDocument(document.dump());
    ExpectDamaged(base::StrCat("\"", key, "\" is no "));
  }
  const std::array<std::string, 6> texts = {
      "", "null", "[]", right.dump() + "}", "\xff", std::string(1 << 20, '[')};
  for (const std::string& rest : texts) {
    SCOPED_TRACE(rest.substr(0, 20));
    PutDocument(rest);
    ExpectDamaged("no JSON object");
  }
}

TEST_F(NamespaceCacheTest, ADamagedFileOfAnotherClusterIsDamaged) {
  PutDocument(
      "{\"apiVersion\":\"sekisho.io/v1alpha1\",\"kind\":\"NamespaceCache\","
      "\"server\":\"https://other\"}");
  ExpectDamaged("\"resourceVersion\" is no text");
}

TEST_F(NamespaceCacheTest, AHugeFileIsDamaged) {
  Put("x");
  fs::resize_file(file_, (size_t{64} << 20) + 1);
  ExpectDamaged("longer than the 67108864 bytes allowed");
}

TEST_F(NamespaceCacheTest, WhatIsNoFileIsDamaged) {
  fs::create_directories(file_ + "/with/something/in/it");
  ExpectDamaged("not a regular file");
  // What was put aside was a directory, and is replaced by a FIFO; and the other way round.
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  ExpectDamaged("not a regular file");
  fs::create_directories(file_ + "/again");
  ExpectDamaged("not a regular file");
  EXPECT_TRUE(fs::is_directory(file_ + ".damaged/again"));
}

TEST_F(NamespaceCacheTest, AFileThatOthersMayWriteIsDamaged) {
  for (const unsigned mode : {0620U, 0602U, 0666U}) {
    SCOPED_TRACE(mode);
    WriteSome();
    fs::permissions(file_, fs::perms(mode));
    ExpectDamaged("others than its owner may write it");
  }
  WriteSome();
  fs::permissions(file_, fs::perms(0444));
  EXPECT_TRUE(Cache().Read().ok()) << "reading does no harm";
}

TEST_F(NamespaceCacheTest, AFileOfAnotherUserIsDamaged) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  WriteSome();
  ASSERT_EQ(::chown(file_.c_str(), 1, 0), 0);
  ExpectDamaged("belongs to user 1");
}

TEST_F(NamespaceCacheTest, WhatCannotBePutAsideIsSaid) {
  Put("damaged");
  fs::permissions(file_, fs::perms(0644));
  fs::permissions(fs::path(file_).parent_path(), fs::perms(0555));
  absl::Status status;
  {
    const AsNobody nobody;
    status = Cache().Read().status();
  }
  fs::permissions(fs::path(file_).parent_path(), fs::perms(0755));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              ::testing::EndsWith("; cannot be put aside: Permission denied"));
  EXPECT_EQ(Bytes(), "damaged");
}

TEST_F(NamespaceCacheTest, WhatThisProcessMayNotReadStaysWhereItIs) {
  WriteSome();
  fs::permissions(file_, fs::perms(0000));
  fs::permissions(fs::path(file_).parent_path(), fs::perms(0755));
  absl::Status status;
  {
    const AsNobody nobody;
    status = Cache().Read().status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), StartsWith(file_ + ": "));
  EXPECT_TRUE(fs::exists(file_));
  EXPECT_FALSE(fs::exists(file_ + ".damaged"));
}

TEST_F(NamespaceCacheTest, AProcessWithoutADescriptorLeftLosesNoCache) {
  WriteSome();
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &was), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = was.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = Cache().Read().status();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &was), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(Cache().Read().ok());
}

}  // namespace
}  // namespace sekisho::kube
