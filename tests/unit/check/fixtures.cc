#include "unit/check/fixtures.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> Folder() {
  if (const char* given = std::getenv("SEKISHO_PSS_FIXTURES")) {
    return given;  // one that is not there is a mistake, and fails
  }
  const std::string beside = SEKISHO_SOURCE_DIR "/../shared/pss-fixtures";
  return fs::is_directory(beside) ? std::optional(beside) : std::nullopt;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The lines of every file of the folder whose name begins so, split at tabs.
std::vector<std::vector<std::string>> Rows(const std::string& folder, std::string_view beginning) {
  std::vector<std::vector<std::string>> rows;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with(beginning)) {
      continue;
    }
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      rows.push_back(Split(line, '\t'));
    }
  }
  return rows;
}

}  // namespace

std::optional<Fixtures> ReadFixtures() {
  const std::optional<std::string> found = Folder();
  if (!found.has_value()) {
    return std::nullopt;
  }
  const std::string& folder = *found;
  Fixtures all;
  for (const std::vector<std::string>& row : Rows(folder, "expected-")) {
    // level/version/fail-or-pass/name.yaml
    const std::vector<std::string> path = Split(row.at(1), '/');
    Fixture fixture;
    fixture.path =
        folder + "/" + path.at(0) + "-" + path.at(1) + "/" + path.at(2) + "/" + path.at(3);
    fixture.name = path.at(3).substr(0, path.at(3).find('.'));
    fixture.at = {policy::ParseLevel(path.at(0)).value(), policy::ParseVersion(path.at(1)).value()};
    fixture.must_pass = path.at(2) == "pass";
    fixture.allowed = row.at(2) == "allowed=true";
    fixture.message = row.size() > 3 ? row[3] : "";
    all.fixtures.push_back(std::move(fixture));
  }
  for (const std::vector<std::string>& row : Rows(folder, "decidable-")) {
    all.rows.push_back({.level = row.at(1),
                        .name = row.at(4),
                        .check = row.at(5),
                        .mounted = row.at(2) == "mounted=true",
                        .seccomp_default = row.at(3) == "seccompDefault=true",
                        .decidable = row.at(6) == "DECIDABLE"});
  }
  return all;
}

}  // namespace sekisho::testing
