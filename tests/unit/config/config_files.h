// A directory of configuration files for one test.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.h"
#include "seccomp/lint.h"

namespace sekisho::config {

// 2026-06-15 12:00:00 UTC: "now" in every test.
inline constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 6 / 15) + std::chrono::hours(12);

inline constexpr std::string_view kConfigHeader =
    "apiVersion: sekisho.io/v1alpha1\n"
    "kind: AgentConfig\n";
// Three lines, so that what follows begins on line 4.
inline constexpr std::string_view kPolicyHeader =
    "apiVersion: sekisho.io/v1alpha1\n"
    "kind: NodePolicy\n"
    "defaults: {enforce: baseline}\n";
// Two lines.
inline constexpr std::string_view kDropInHeader =
    "apiVersion: sekisho.io/v1alpha1\n"
    "kind: NodePolicy\n";

// A seccomp profile that nothing is to be said against: what starting a container takes, and no
// more. `more` is allowed beside it, and `keys` stand in front.
inline std::string StrictProfile(const std::vector<std::string>& more = {},
                                 const std::string& keys = "") {
  std::string names;
  for (const std::string_view name : seccomp::NeededToStart()) {
    names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  for (const std::string& name : more) {
    names += ", \"" + name + "\"";
  }
  return "{" + keys + "\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [" +
         names + "], \"action\": \"SCMP_ACT_ALLOW\"}]}\n";
}

class ConfigFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "config_test.XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    directory_ = directory;
    config_.policy_file = Path("policy.yaml");
    config_.policy_dir = Path("policy.d");
    config_.kubelet_root = Path("kubelet");
    MakeDirectory("policy.d");
    MakeDirectory("kubelet");
    MakeDirectory("kubelet/seccomp");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  void MakeDirectory(const std::string& name, mode_t mode = 0755) {
    ASSERT_EQ(::mkdir(Path(name).c_str(), 0700), 0) << name;
    ASSERT_EQ(::chmod(Path(name).c_str(), mode), 0) << name;
  }
  void Write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    std::ofstream(Path(name), std::ios::binary) << text;
    ASSERT_EQ(::chmod(Path(name).c_str(), mode), 0) << name;
  }

  // The diagnostics as text, each without this test's directory.
  std::vector<std::string> Texts(const std::vector<Diagnostic>& diagnostics) const {
    std::vector<std::string> texts;
    for (const Diagnostic& diagnostic : diagnostics) {
      std::string text = diagnostic.ToString();
      const std::string prefix = directory_ + "/";
      for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
        text.erase(at, prefix.size());
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  LoadResult<Snapshot> Load() const { return LoadPolicy(config_, kNow); }
  LoadResult<Snapshot> LoadPolicyText(const std::string& text) {
    Write("policy.yaml", text);
    return Load();
  }
  LoadResult<AgentConfig> LoadConfigText(const std::string& text) {
    Write("config.yaml", text);
    return LoadAgentConfig(Path("config.yaml"));
  }

  std::string directory_;
  AgentConfig config_;
};

}  // namespace sekisho::config
