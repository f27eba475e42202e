#include "check/profile_source.h"

#include <cstring>
#include <utility>

#include "base/str_cat.h"
#include "seccomp/parse.h"

namespace sekisho::check {
namespace {

NamedProfile OfContainerd(const seccomp::Profile& table, const ProfileTarget& target) {
  NamedProfile profile;
  profile.name = kRuntimeDefault;
  profile.as_written = table;
  profile.profile = seccomp::Resolve(table, target.container);
  return profile;
}

}  // namespace

std::optional<NamedProfile> ReadProfile(const std::string& name, std::string_view bytes,
                                        const ProfileTarget& target,
                                        std::vector<yaml::Diagnostic>* errors) {
  std::optional<seccomp::Profile> written = seccomp::Parse(bytes, name, errors);
  if (!written.has_value()) {
    return std::nullopt;
  }
  NamedProfile profile;
  profile.name = name;
  profile.written_in = written->format;
  profile.profile = target.as_containerd_reads ? seccomp::AsContainerdReads(*written)
                                               : seccomp::Resolve(*written, target.container);
  profile.as_written = *std::move(written);
  return profile;
}

NamedProfile RuntimeDefaultProfile(const ProfileTarget& target) {
  return OfContainerd(seccomp::RuntimeDefault(target.containerd), target);
}

NamedProfile RuntimeDefaultFloor(const ProfileTarget& target) {
  return OfContainerd(seccomp::RuntimeDefaultFloor(target.containerd), target);
}

std::optional<seccomp::Judged> JudgeProfile(const NamedProfile& profile,
                                            std::vector<yaml::Diagnostic>* errors) {
  absl::StatusOr<seccomp::Judged> judged = seccomp::Judge(profile.profile);
  if (!judged.ok()) {
    errors->push_back(yaml::AboutFile(profile.name, std::string(judged.status().message())));
    return std::nullopt;
  }
  return *std::move(judged);
}

std::string ActionText(seccomp::Action action, uint16_t data) {
  std::string text(seccomp::ActionName(action).substr(std::string_view("SCMP_ACT_").size()));
  if (action == seccomp::Action::kErrno) {
    const char* name = ::strerrorname_np(data);
    text += base::StrCat(" ", data, name == nullptr ? "" : base::StrCat(" (", name, ")"));
  } else if (action == seccomp::Action::kTrace) {
    text += base::StrCat(" ", data);
  }
  return text;
}

std::string ArchText(const seccomp::Arch& arch) {
  std::string text(arch.name.substr(std::string_view("SCMP_ARCH_").size()));
  for (char& letter : text) {
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return text;
}

}  // namespace sekisho::check
