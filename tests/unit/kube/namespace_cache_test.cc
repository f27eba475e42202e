// What is written comes back, and what cannot be written is an error.
#include "kube/namespace_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "base/file.h"
#include "base/sha256.h"
#include "unit/kube/namespace_cache_fixture.h"

namespace sekisho::kube {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using policy::NamespaceTable;
using policy::PodSecurityLabels;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// While it lives, no file can be longer: as a disk that is full.
class WithFileSizeLimit {
 public:
  explicit WithFileSizeLimit(rlim_t bytes) {
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &was_), 0);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = was_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~WithFileSizeLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &was_), 0);
    (void)::signal(SIGXFSZ, handler_);
  }
  WithFileSizeLimit(const WithFileSizeLimit&) = delete;
  WithFileSizeLimit& operator=(const WithFileSizeLimit&) = delete;

 private:
  rlimit was_{};
  sighandler_t handler_;
};

bool SameContent(const NamespaceTable& a, const NamespaceTable& b) {
  return std::ranges::equal(a.namespaces(), b.namespaces(), [](const auto& one, const auto& other) {
    return one.first == other.first && *one.second == *other.second;
  });
}

// --- what is written is read again

TEST_F(NamespaceCacheTest, ReadsWhatItWrote) {
  WriteSome();
  const absl::StatusOr<NamespaceCopy> copy = Cache().Read();
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->resource_version, "4711");
  EXPECT_EQ(copy->confirmed, sys_seconds(seconds(1'800'000'000)));
  ASSERT_EQ(copy->table->namespaces().size(), 3u);
  EXPECT_EQ(*copy->table->Find("a"),
            (PodSecurityLabels{.enforce = "baseline", .warn_version = "v1.34"}));
  EXPECT_EQ(copy->table->Find("a"), copy->table->Find("b")) << "shared";
  EXPECT_EQ(*copy->table->Find("c"), PodSecurityLabels{});
}

TEST_F(NamespaceCacheTest, TheFileIsAChecksumAndOneDocument) {
  WriteSome();
  const std::string bytes = Bytes();
  ASSERT_GT(bytes.size(), 65u);
  const std::string rest = bytes.substr(65);
  EXPECT_EQ(bytes.substr(0, 65), base::Sha256Hex(rest) + "\n");
  const Json labels = {{"pod-security.kubernetes.io/enforce", "baseline"},
                       {"pod-security.kubernetes.io/warn-version", "v1.34"}};
  const Json expected = {{"apiVersion", "sekisho.io/v1alpha1"},
                         {"kind", "NamespaceCache"},
                         {"server", kServer},
                         {"resourceVersion", "4711"},
                         {"confirmed", "2027-01-15T08:00:00Z"},
                         {"labelSets", {labels, Json::object()}},
                         {"namespaces", {{"a", 0}, {"b", 0}, {"c", 1}}}};
  EXPECT_EQ(Json::parse(rest, nullptr, false), expected) << rest;
}

TEST_F(NamespaceCacheTest, OnlyItsOwnerMayReadTheFileAndItsDirectory) {
  WriteSome();
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(fs::path(file_).parent_path()).permissions(), fs::perms(0700));
}

TEST_F(NamespaceCacheTest, MakesTheDirectoriesAboveToo) {
  const NamespaceCache cache(directory_ + "/one/two/namespaces.json", kServer);
  ASSERT_TRUE(cache.Write(Copy({})).ok());
  EXPECT_TRUE(cache.Read().ok());
  EXPECT_EQ(fs::status(directory_ + "/one/two").permissions(), fs::perms(0700));
}

TEST_F(NamespaceCacheTest, RestoresAStore) {
  NamespaceStore store({.since_boot = [] { return std::chrono::nanoseconds(0); },
                        .wall = [] { return sys_seconds(seconds(1'800'000'060)); }});
  WriteSome();
  store.Restore(*Cache().Read());
  EXPECT_EQ(store.View().age, seconds(60));
  EXPECT_EQ(store.View().table->Find("a")->enforce, "baseline");
}

std::string RandomText(std::mt19937& random) {
  const std::array<std::string, 14> parts = {
      "a", "7", "-", ".", "/", "\"", "\\", "\n", "{", ":", "é", " ", "\U0001F512", "",
  };
  std::string text;
  for (auto length = random() % 12; length > 0; --length) {
    const auto part = random() % (parts.size() + 1);
    text += part == parts.size() ? std::string(1, '\0') : parts.at(part);
  }
  return text;
}

TEST_F(NamespaceCacheTest, WhateverIsInItComesBack) {
  std::mt19937 random(20261121);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    NamespaceTable::Map map;
    for (auto count = random() % 30; count > 0; --count) {
      PodSecurityLabels labels;
      for (const policy::PodSecurityLabelKey& label : policy::PodSecurityLabelKeys()) {
        if (random() % 2 == 0) {
          labels.*label.value = random() % 3 == 0 ? RandomText(random) : "restricted";
        }
      }
      map.emplace("n" + RandomText(random), Labels(labels));
    }
    NamespaceCopy copy = Copy(std::move(map));
    copy.resource_version = RandomText(random);
    copy.confirmed = sys_seconds(seconds(static_cast<int64_t>(random()) * 50));
    ASSERT_TRUE(Cache().Write(copy).ok());
    const absl::StatusOr<NamespaceCopy> read = Cache().Read();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(SameContent(*read->table, *copy.table));
    EXPECT_EQ(read->resource_version, copy.resource_version);
    EXPECT_EQ(read->confirmed, copy.confirmed);
  }
}

// --- none

TEST_F(NamespaceCacheTest, NoFileIsNotFound) {
  const absl::Status status = Cache().Read().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), StartsWith(file_ + ": "));
  EXPECT_FALSE(fs::exists(file_ + ".damaged"));
}

TEST_F(NamespaceCacheTest, AnotherClustersNamespacesAreNotFoundAndStay) {
  WriteSome();
  const std::string bytes = Bytes();
  const absl::Status status = NamespaceCache(file_, "https://other:6443").Read().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()),
            file_ +
                ": holds the namespaces of https://10.96.0.1:443, not those of "
                "https://other:6443");
  EXPECT_EQ(Bytes(), bytes);
}

// --- writing

TEST_F(NamespaceCacheTest, AFullDiskLeavesTheOldOne) {
  WriteSome();
  const std::string before = Bytes();
  absl::Status status;
  {
    const WithFileSizeLimit limit(50);
    status = Cache().Write(Copy({}));
  }
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), StartsWith(file_));
  EXPECT_EQ(Bytes(), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(file_).parent_path()), {}), 1)
      << "and nothing else";
}

TEST_F(NamespaceCacheTest, AReadOnlyPlaceLeavesTheOldOne) {
  WriteSome();
  fs::permissions(file_, fs::perms(0644));
  const std::string before = Bytes();
  fs::permissions(fs::path(file_).parent_path(), fs::perms(0555));
  absl::Status status;
  {
    const AsNobody nobody;
    status = Cache().Write(Copy({}));
  }
  fs::permissions(fs::path(file_).parent_path(), fs::perms(0755));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_EQ(Bytes(), before);
}

TEST_F(NamespaceCacheTest, APlaceThatCannotBeMadeIsAnError) {
  ASSERT_TRUE(base::WriteFileAtomically(directory_ + "/kube", "a file", 0600).ok());
  const absl::Status status = Cache().Write(Copy({}));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("Not a directory"));
  const NamespaceCache below(directory_ + "/kube/more/namespaces.json", kServer);
  EXPECT_THAT(std::string(below.Write(Copy({})).message()),
              StartsWith(directory_ + "/kube/more: cannot make it"));
}

TEST_F(NamespaceCacheTest, WhatJsonCannotHoldIsAnError) {
  WriteSome();
  const absl::Status status = Cache().Write(Copy({{"a\xff", Labels({})}}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), file_ + ": a name or a label is not UTF-8");
  EXPECT_TRUE(Cache().Read().ok());
}

TEST_F(NamespaceCacheTest, WhatReadWouldRefuseIsNotWritten) {
  WriteSome();
  NamespaceCopy copy = Copy({});
  copy.resource_version.assign(size_t{64} << 20, '1');
  EXPECT_EQ(Cache().Write(copy).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Cache().Read().ok());
}

}  // namespace
}  // namespace sekisho::kube
