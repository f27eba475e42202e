// A seccomp root with profiles in it, and a store over it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cap_set.h"
#include "seccomp/store.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::seccomp {

// A profile that allows these calls, and refuses all others.
inline std::string Allowing(const std::vector<std::string>& names) {
  return base::StrCat(
      R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": [)",
      base::StrJoin(names, ", ",
                    [](const std::string& name) { return base::StrCat("\"", name, "\""); }),
      R"(], "action": "SCMP_ACT_ALLOW"}]})", "\n");
}

// In Docker's format: mount only with CAP_SYS_ADMIN.
inline constexpr std::string_view kMountForAdmins = R"({
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    {"names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}
  ]
})";

class StoreFixture : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(Root()); }

  std::string Root() const { return dir_.File("root"); }
  std::string StateDirectory() const { return dir_.File("state"); }
  std::string InRoot(const std::string& name) const { return base::StrCat(Root(), "/", name); }
  // Replaced in one step, as a profile is to be.
  void Write(const std::string& name, std::string_view text) const {
    const absl::Status written = base::WriteFileAtomically(InRoot(name), text, 0644);
    ASSERT_TRUE(written.ok()) << written;
  }

  std::unique_ptr<Store> Open(StoreOptions options = {}) const {
    options.seccomp_root = Root();
    options.directory = StateDirectory();
    options.grace = std::chrono::seconds(0);
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  // No floor, nothing denied by name.
  static Demands Nothing() { return {.floor = {.kind = Floor::Kind::kNone, .path = {}}}; }
  static caps::CapSet Admin() { return caps::CapSet::Of({"SYS_ADMIN"}); }

  testing::TempDir dir_;
};

}  // namespace sekisho::seccomp
