// A NamespaceCache in a directory of its own, and what its tests say of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "base/str_cat.h"
#include "kube/namespace_cache.h"

namespace sekisho::kube {

inline constexpr char kServer[] = "https://10.96.0.1:443";  // NOLINT(modernize-avoid-c-arrays)

// While it lives, this process is not root to the file system; as it was where it is not root.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(was_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  const uid_t was_;
};

class NamespaceCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "/namespace_cache.XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    directory_ = directory;
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    file_ = directory_ + "/kube/namespaces.json";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  NamespaceCache Cache() const { return {file_, kServer}; }
  static NamespaceCopy Copy(policy::NamespaceTable::Map namespaces) {
    return {.table = std::make_shared<const policy::NamespaceTable>(std::move(namespaces)),
            .resource_version = "4711",
            .confirmed = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))};
  }
  static policy::NamespaceTable::LabelsPtr Labels(policy::PodSecurityLabels labels) {
    return std::make_shared<const policy::PodSecurityLabels>(std::move(labels));
  }
  void WriteSome() const {
    const absl::Status written =
        Cache().Write(Copy({{"a", Labels({.enforce = "baseline", .warn_version = "v1.34"})},
                            {"b", Labels({.enforce = "baseline", .warn_version = "v1.34"})},
                            {"c", Labels({})}}));
    ASSERT_TRUE(written.ok()) << written;
  }
  void Put(const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(file_).parent_path());
    std::ofstream(file_, std::ios::binary) << bytes;  // without waiting for the disk
    std::filesystem::permissions(file_, std::filesystem::perms(0600));
    ASSERT_EQ(std::filesystem::file_size(file_), bytes.size());
  }
  // With a checksum that is right.
  void PutDocument(const std::string& rest) const {
    Put(base::StrCat(base::Sha256Hex(rest), "\n", rest));
  }
  std::string Bytes(const std::string& suffix = "") const {
    return base::ReadFile(file_ + suffix, size_t{100} << 20).value_or("cannot be read");
  }
  // Damaged, for this reason, and put aside.
  void ExpectDamaged(const std::string& why) const {
    const absl::Status status = Cache().Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::StartsWith(file_ + ": "));
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(why));
    EXPECT_THAT(std::string(status.message()),
                ::testing::EndsWith("; put aside as " + file_ + ".damaged"));
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(file_)));
    EXPECT_TRUE(std::filesystem::exists(file_ + ".damaged"));
    EXPECT_EQ(Cache().Read().status().code(), absl::StatusCode::kNotFound);
  }

  std::string directory_;
  std::string file_;
};

}  // namespace sekisho::kube
