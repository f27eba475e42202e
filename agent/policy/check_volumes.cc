// What a container mounts: the node's paths, and volumes of types that a restricted pod may not
// use.
//
// Kubernetes looks at the pod's list of volumes. CRI shows what is mounted: paths, and whose they
// are (mount_facts.h). A volume that no container mounts is not there at all.
#include <algorithm>
#include <array>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/paths.h"
#include "policy/volume_types.h"

namespace sekisho::policy {
namespace {

// Sorted: the sources that restricted allows.
constexpr auto kAllowedTypes =
    std::to_array<std::string_view>({"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
                                     "image", "persistentVolumeClaim", "projected", "secret"});

std::string NameText(const std::vector<std::string>& names) {
  return base::StrCat(names.size() == 1 ? "volume " : "volumes ", JoinQuoted(names));
}

bool IsBelowRule(const HostPathRule& rule, std::string_view path) {
  return path == rule.prefix || IsBelow(path, rule.prefix);
}

// Whether the policy could vouch for what is mounted of the volume. Each mount of it is looked at
// on its own: some rules hold for read-only mounts alone.
bool IsLeftToItsMounts(const Trust& trust, const DeclaredVolume& volume) {
  return volume.type == kHostPathType && IsCleanAbsolutePath(volume.path) &&
         std::ranges::any_of(trust.host_paths, [&volume](const HostPathRule& rule) {
           return IsBelowRule(rule, volume.path);
         });
}

std::optional<Finding> DeclaredHostPaths(const Trust& trust, const DeclaredPod& pod) {
  std::vector<std::string> names;
  for (const DeclaredVolume& volume : pod.volumes) {
    if (volume.type == kHostPathType && !IsLeftToItsMounts(trust, volume)) {
      names.push_back(volume.name);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"hostPath volumes", NameText(names)};
}

std::optional<Finding> DeclaredRestrictedVolumes(const Trust& trust, const DeclaredPod& pod) {
  std::vector<std::string> names;
  std::set<std::string> types;
  for (const DeclaredVolume& volume : pod.volumes) {
    if (!std::ranges::binary_search(kAllowedTypes, volume.type) &&
        !IsLeftToItsMounts(trust, volume)) {
      names.push_back(volume.name);
      types.insert(volume.type);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"restricted volume types",
                 base::StrCat(NameText(names), names.size() == 1 ? " uses" : " use",
                              " restricted volume ", types.size() == 1 ? "type " : "types ",
                              JoinQuoted({types.begin(), types.end()}))};
}

}  // namespace

std::string PathText(const MountFacts& mount) {
  std::string text = base::StrCat("\"", mount.host_path, "\"");
  if (!mount.source.empty()) {
    text += base::StrCat(" which is \"", mount.source, "\"");
  }
  if (!mount.remark.empty()) {
    text += base::StrCat(" [", mount.remark, "]");
  }
  return text;
}

bool IsTrusted(const Trust& trust, const MountFacts& mount) {
  // What was found to be something else than it says is never trusted by what it says.
  if (!mount.source.empty() || !IsCleanAbsolutePath(mount.host_path)) {
    return false;
  }
  return std::ranges::any_of(trust.host_paths, [&mount](const HostPathRule& rule) {
    return IsBelowRule(rule, mount.host_path) && (!rule.read_only || mount.readonly);
  });
}

std::optional<Finding> HostPathVolumes(const Question& question) {
  const Subject& subject = question.subject;
  if (subject.declared != nullptr) {
    return DeclaredHostPaths(question.spec.trust, *subject.declared);
  }
  std::vector<std::string> details;
  for (const ContainerFacts& container : subject.containers) {
    for (const MountFacts& mount : container.mounts) {
      if (VolumeTypeOf(question.spec.trust, mount) == kHostPathType) {
        details.push_back(
            base::StrCat(ContainersText({container.name}), " mounts host path ", PathText(mount)));
      }
    }
  }
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{"hostPath volumes", base::StrJoin(details, ", ")};
}

std::optional<Finding> RestrictedVolumes(const Question& question) {
  const Subject& subject = question.subject;
  if (subject.declared != nullptr) {
    return DeclaredRestrictedVolumes(question.spec.trust, *subject.declared);
  }
  const Trust& trust = question.spec.trust;
  std::vector<std::string> details;
  for (const ContainerFacts& container : subject.containers) {
    for (const MountFacts& mount : container.mounts) {
      const std::string_view type = VolumeTypeOf(trust, mount);
      if (type.empty() || std::ranges::binary_search(kAllowedTypes, type)) {
        continue;
      }
      if (type == kHostPathType) {
        details.push_back(base::StrCat(ContainersText({container.name}), " mounts host path ",
                                       PathText(mount),
                                       ", of restricted volume type \"hostPath\""));
      } else {
        details.push_back(base::StrCat("volume \"", mount.volume,
                                       "\" uses restricted volume type \"", type, "\""));
      }
    }
  }
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{"restricted volume types", base::StrJoin(details, ", ")};
}

}  // namespace sekisho::policy
