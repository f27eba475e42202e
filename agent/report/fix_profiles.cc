// What a container runs under: seccomp and AppArmor profiles, SELinux labels.
#include <algorithm>

#include "base/str_cat.h"
#include "report/detail.h"
#include "report/fix_makers.h"

namespace sekisho::report {
namespace {

using base::StrCat;

constexpr std::string_view kAppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kSeccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompContainerAnnotation =
    "container.seccomp.security.alpha.kubernetes.io/";

// `lines` wherever it is set: by the pod, by containers, and by annotations of the old kind.
Patch Everywhere(std::string_view detail, std::string_view lines,
                 const std::vector<std::string>& annotations) {
  Patch patch;
  const std::vector<std::string> names = detail::ContainersIn(detail);
  for (const std::string& key : annotations) {
    patch.Annotation(key, "runtime/default");
  }
  if (detail::NamesPod(detail)) {
    patch.PodContext(lines);
  }
  if (!names.empty() || (annotations.empty() && !detail::NamesPod(detail))) {
    patch.ContainerContext(names, lines);
  }
  return patch;
}

// A profile that the control allows, in the words of a manifest: RuntimeDefault, or the first file
// or profile that is named as a whole. Empty: the list has none but patterns, or Unconfined.
std::string AllowedProfile(std::string_view detail) {
  constexpr std::string_view kLocalhost = "Localhost/";
  const std::vector<std::string> allowed = detail::QuotedAfter(detail, "; allowed: ");
  if (std::find(allowed.begin(), allowed.end(), "RuntimeDefault") != allowed.end()) {
    return "  type: RuntimeDefault\n";
  }
  for (const std::string_view entry : allowed) {
    if (entry.starts_with(kLocalhost) && entry.find('*') == std::string_view::npos) {
      return StrCat(
          "  type: Localhost\n  localhostProfile: ", Scalar(entry.substr(kLocalhost.size())), "\n");
    }
  }
  return "";
}

std::optional<Patch> WithAllowed(std::string_view detail, std::string_view field) {
  const std::string profile = AllowedProfile(detail);
  if (profile.empty()) {
    return std::nullopt;
  }
  return Patch().ContainerContext(detail::ContainersIn(detail), StrCat(field, ":\n", profile));
}

}  // namespace

std::optional<Patch> FixAppArmor(std::string_view detail) {
  return Everywhere(detail, "appArmorProfile:\n  type: RuntimeDefault\n",
                    detail::KeysWithPrefix(detail, kAppArmorAnnotation));
}

std::optional<Patch> FixSeccomp(std::string_view detail) {
  std::vector<std::string> annotations =
      detail::KeysWithPrefix(detail, kSeccompContainerAnnotation);
  const std::vector<std::string> of_pod = detail::KeysWithPrefix(detail, kSeccompPodAnnotation);
  annotations.insert(annotations.end(), of_pod.begin(), of_pod.end());
  return Everywhere(detail, "seccompProfile:\n  type: RuntimeDefault\n", annotations);
}

std::optional<Patch> FixSELinux(std::string_view detail) {
  std::string lines = "seLinuxOptions:\n";
  const auto says = [&detail](std::string_view words) {
    return detail.find(words) != std::string_view::npos;
  };
  if (says("seLinuxOptions: type")) {
    lines += "  type: container_t\n";
  }
  if (says("user may not be set")) {
    lines += "  user: \"\"\n";
  }
  if (says("role may not be set")) {
    lines += "  role: \"\"\n";
  }
  if (lines.back() == '\n' && lines.find('\n') + 1 == lines.size()) {
    return std::nullopt;
  }
  return Everywhere(detail, lines, {});
}

std::optional<Patch> FixControlAppArmor(std::string_view detail) {
  return WithAllowed(detail, "appArmorProfile");
}

std::optional<Patch> FixControlSeccomp(std::string_view detail) {
  return WithAllowed(detail, "seccompProfile");
}

std::optional<Patch> FixControlSELinux(std::string_view detail) {
  std::string lines = "seLinuxOptions:\n";
  for (const std::string_view part : {"user", "role", "type", "level"}) {
    const std::vector<std::string> value = detail::QuotedAfter(detail, StrCat(part, " "));
    if (value.empty()) {
      return std::nullopt;
    }
    lines += StrCat("  ", part, ": ", Scalar(value.front()), "\n");
  }
  return Everywhere(detail, lines, {});
}

}  // namespace sekisho::report
