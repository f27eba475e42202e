// Seeds that nobody can write by hand. To write them anew: SEKISHO_UPDATE_GOLDEN=1
// fuzz_corpus_test. Without, they only have to be there: a builder that has changed since makes no
// seed worse.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/text_file.h"

namespace sekisho::testing {

inline void CheckSeed(const std::string& file, const std::string& bytes) {
  const std::string path = SEKISHO_FUZZ_CORPUS "/" + file;
  if (std::getenv("SEKISHO_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteText(path, bytes);
  }
  EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

}  // namespace sekisho::testing
