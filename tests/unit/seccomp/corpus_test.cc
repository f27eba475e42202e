// The fuzzers' inputs, as plain tests: what they once found stays found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/profile_body.h"
#include "support/docker_profile.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SEKISHO_FUZZ_CORPUS "/" + folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Files whose name begins with "bad-" are no profiles; the others are, of the folder's format.
void CheckFolder(const std::string& folder, bool docker_format) {
  const std::vector<std::string> paths = FilesOf(folder);
  EXPECT_GE(paths.size(), 8u);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const BodyResult result = CheckProfileText(ReadText(path));
    EXPECT_EQ(result.broken, "");
    const bool bad = std::filesystem::path(path).filename().string().starts_with("bad-");
    EXPECT_EQ(result.parsed, !bad);
    EXPECT_EQ(result.docker_format, docker_format && !bad);
  }
}

TEST(CorpusTest, Oci) {
  CheckFolder("oci", false);
}

TEST(CorpusTest, Docker) {
  CheckFolder("docker", true);
}

TEST(CorpusTest, TheLargeDockerProfile) {
  const BodyResult result = CheckProfileText(kDockerProfile);
  EXPECT_EQ(result.broken, "");
  EXPECT_TRUE(result.docker_format);
}

// Every beginning of a profile, and every profile with one byte changed: none may break anything.
TEST(CorpusTest, DamagedProfiles) {
  for (const std::string folder : {"oci", "docker"}) {
    for (const std::string& path : FilesOf(folder)) {
      SCOPED_TRACE(path);
      const std::string text = ReadText(path);
      const size_t step = std::max<size_t>(1, text.size() / 200);
      for (size_t i = 0; i < text.size(); i += step) {
        ASSERT_EQ(CheckProfileText(text.substr(0, i)).broken, "") << "cut at " << i;
        for (const char byte : {'\0', '"', '9', '\xFF'}) {
          std::string damaged = text;
          damaged[i] = byte;
          ASSERT_EQ(CheckProfileText(damaged).broken, "") << "byte " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sekisho::testing
