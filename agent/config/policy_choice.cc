#include "config/policy_choice.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::config {
namespace {

using base::StrCat;

constexpr std::string_view kNode = ".node.";
constexpr std::string_view kGroup = ".group.";

// "/etc/sekisho", "policy" and ".yaml".
struct Name {
  std::filesystem::path directory;
  std::string stem;
  std::string extension;

  std::string Override(std::string_view kind, std::string_view of) const {
    return (directory / StrCat(stem, kind, of, extension)).string();
  }
  // Whether `file` of that directory is for some node (kNode) or group (kGroup).
  bool IsOverride(std::string_view kind, const std::string& file) const {
    const std::string beginning = StrCat(stem, kind);
    return file.size() > beginning.size() + extension.size() && file.starts_with(beginning) &&
           file.ends_with(extension);
  }
};

Name SplitName(const std::string& file) {
  const std::filesystem::path path(file);
  return {path.parent_path(), path.stem().string(), path.extension().string()};
}

// A link that leads nowhere is there: what it should name is missing, and that is an error.
bool IsThere(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

std::vector<std::string> Overrides(const AgentConfig& config,
                                   const std::vector<std::string_view>& kinds) {
  const Name name = SplitName(config.policy_file);
  const std::filesystem::path here = name.directory.empty() ? "." : name.directory;
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(here, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (std::ranges::any_of(kinds,
                            [&](std::string_view kind) { return name.IsOverride(kind, file); })) {
      files.push_back((name.directory / file).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Diagnostic> ErrorsWith(AgentConfig config, const std::string& main_file,
                                   std::chrono::sys_seconds now) {
  config.policy_file = main_file;
  return LoadPolicy(config, now).errors;
}

}  // namespace

std::string ChoosePolicyFile(const AgentConfig& config, const NodeIdentity& node) {
  const Name name = SplitName(config.policy_file);
  for (const auto& [kind, of] : {std::pair(kNode, node.name), std::pair(kGroup, node.group)}) {
    if (IsPlainName(of) && IsThere(name.Override(kind, of))) {
      return name.Override(kind, of);
    }
  }
  return config.policy_file;
}

std::vector<std::string> OverrideFiles(const AgentConfig& config) {
  return Overrides(config, {kNode, kGroup});
}

std::vector<Diagnostic> ErrorsInOverrides(const AgentConfig& config, std::chrono::sys_seconds now,
                                          const std::string& in_force) {
  const std::string& known_file = in_force.empty() ? config.policy_file : in_force;
  std::vector<std::string> others = OverrideFiles(config);
  std::erase(others, known_file);
  if (known_file != config.policy_file && IsThere(config.policy_file)) {
    others.insert(others.begin(), config.policy_file);
  }
  if (others.empty()) {
    return {};
  }
  // The drop-ins are read with each of them. What is wrong with a drop-in alone is known; together
  // with another main file it can be wrong in a new way.
  const std::vector<Diagnostic> known = ErrorsWith(config, known_file, now);
  const auto is_known = [&known](const Diagnostic& error) {
    return std::ranges::any_of(
        known, [&error](const Diagnostic& one) { return one.ToString() == error.ToString(); });
  };
  std::vector<Diagnostic> errors;
  for (const std::string& file : others) {
    for (Diagnostic& error : ErrorsWith(config, file, now)) {
      if (error.file != file && is_known(error)) {
        continue;
      }
      if (error.file != file) {
        error.message += StrCat(", together with ", file);
      }
      errors.push_back(std::move(error));
    }
  }
  return errors;
}

bool HasGroupFiles(const AgentConfig& config) {
  return !Overrides(config, {kGroup}).empty();
}

}  // namespace sekisho::config
