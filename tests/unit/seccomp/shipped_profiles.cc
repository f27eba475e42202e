#include "shipped_profiles.h"

#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "seccomp/parse.h"
#include "seccomp/syscalls.h"
#include "support/text_file.h"

namespace sekisho::seccomp {
namespace {

namespace fs = std::filesystem;

Shipped Load(const fs::path& file) {
  std::vector<yaml::Diagnostic> errors;
  std::optional<Profile> profile =
      Parse(testing::ReadText(file.string()), file.filename().string(), &errors);
  if (!profile.has_value()) {
    throw std::runtime_error(errors.empty() ? file.string() : errors.front().ToString());
  }
  absl::StatusOr<Filter> filter = Compile(*profile);
  if (!filter.ok()) {
    throw std::runtime_error(file.string() + ": " + std::string(filter.status().message()));
  }
  absl::StatusOr<Verdicts> verdicts = Verdicts::Of(*filter);
  if (!verdicts.ok()) {
    throw std::runtime_error(file.string() + ": " + std::string(verdicts.status().message()));
  }
  return {*std::move(profile), *std::move(filter), *std::move(verdicts)};
}

}  // namespace

const std::map<std::string, Shipped, std::less<>>& ShippedProfiles() {
  static const auto* const kProfiles = [] {
    auto* const profiles = new std::map<std::string, Shipped, std::less<>>;
    for (const fs::directory_entry& entry : fs::directory_iterator(SEKISHO_SECCOMP_PROFILES)) {
      if (entry.path().extension() == ".json") {
        profiles->emplace(entry.path().stem().string(), Load(entry.path()));
      }
    }
    return profiles;
  }();
  return *kProfiles;
}

std::string ShippedText(const std::string& file) {
  return testing::ReadText(std::string(SEKISHO_SECCOMP_PROFILES) + "/" + file);
}

void WriteShippedText(const std::string& file, const std::string& text) {
  testing::WriteText(std::string(SEKISHO_SECCOMP_PROFILES) + "/" + file, text);
}

int NativeNumber(std::string_view syscall) {
  for (const Syscall& known : SyscallsOf(NativeArch())) {
    if (known.name == syscall) {
      return known.number;
    }
  }
  return -1;
}

}  // namespace sekisho::seccomp
