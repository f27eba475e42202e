// Controls of PodSecurityPolicy: which volumes, and which paths, drivers behind them.
//
// CRI shows what is mounted. A manifest shows all volumes, by type; paths and drivers are then read
// from the mounts all the same.
#include <algorithm>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/paths.h"
#include "policy/volume_types.h"

namespace sekisho::policy {
namespace {

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool IsAllowedType(const std::vector<std::string>& allowed, std::string_view type) {
  // A generic ephemeral volume is a claim, made for the pod; only a manifest shows the difference.
  return Has(allowed, "*") || type.empty() || Has(allowed, type);
}

// The type that forbids the mount; nothing for one that is allowed.
std::string_view ForbiddenType(const std::vector<std::string>& allowed, const Trust& trust,
                               const MountFacts& mount) {
  if (IsUnreadCsi(mount) && !IsAllowedType(allowed, kCsiType)) {
    return kCsiType;  // inline or a claim: both must be allowed
  }
  const std::string_view type = VolumeTypeOf(trust, mount);
  return IsAllowedType(allowed, type) ? "" : type;
}

// "/" is a clean path here: a policy may allow it.
bool IsCleanPathOfTheNode(std::string_view path) {
  return path == "/" || IsCleanAbsolutePath(path);
}

bool IsAllowedPath(const std::vector<AllowedHostPath>& allowed, const MountFacts& mount) {
  const std::string_view path = mount.source.empty() ? mount.host_path : mount.source;
  if (!IsCleanPathOfTheNode(mount.host_path) || !IsCleanPathOfTheNode(path)) {
    return false;
  }
  return std::ranges::any_of(allowed, [&](const AllowedHostPath& rule) {
    const bool covers =
        rule.path_prefix == "/" || path == rule.path_prefix || IsBelow(path, rule.path_prefix);
    return covers && (!rule.read_only || mount.readonly);
  });
}

// The details of one control, one for each mount that is wrong.
class Details {
 public:
  void Add(const ContainerFacts& container, std::string_view what) {
    details_.push_back(base::StrCat(ContainersText({container.name}), " must not mount ", what));
  }

  std::optional<Finding> AsFinding(std::string_view reason) const {
    if (details_.empty()) {
      return std::nullopt;
    }
    return Finding{std::string(reason), base::StrJoin(details_, ", ")};
  }

 private:
  std::vector<std::string> details_;
};

// `text` says what is wrong with a mount; nothing for the others.
template <typename Text>
std::optional<Finding> WrongMounts(const Subject& subject, std::string_view reason, Text text) {
  Details details;
  for (const ContainerFacts& container : subject.containers) {
    for (const MountFacts& mount : container.mounts) {
      if (const std::string wrong = text(mount); !wrong.empty()) {
        details.Add(container, wrong);
      }
    }
  }
  return details.AsFinding(reason);
}

std::string At(std::string_view container_path, std::string_view what, std::string_view name) {
  return base::StrCat("\"", container_path, "\" of ", what, " \"", name, "\"");
}

std::optional<Finding> DeclaredVolumes(const std::vector<std::string>& allowed,
                                       const DeclaredPod& pod) {
  std::vector<std::string> names;
  std::set<std::string> types;
  for (const DeclaredVolume& volume : pod.volumes) {
    if (!IsAllowedType(allowed, volume.type)) {
      names.push_back(volume.name);
      types.insert(volume.type);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  return Finding{"volumes",
                 base::StrCat(names.size() == 1 ? "volume " : "volumes ", JoinQuoted(names),
                              " must not be of type ", JoinQuoted({types.begin(), types.end()}))};
}

}  // namespace

std::optional<Finding> ControlVolumes(const Question& question) {
  const auto& allowed = question.spec.controls.volumes;
  if (!allowed.has_value()) {
    return std::nullopt;
  }
  if (question.subject.declared != nullptr) {
    return DeclaredVolumes(*allowed, *question.subject.declared);
  }
  Details details;
  for (const ContainerFacts& container : question.subject.containers) {
    for (const MountFacts& mount : container.mounts) {
      const std::string_view type = ForbiddenType(*allowed, question.spec.trust, mount);
      if (type == kHostPathType) {
        details.Add(container, base::StrCat("host path ", PathText(mount)));
      } else if (!type.empty()) {
        details.Add(container, At(mount.container_path, "volume type", type));
      }
    }
    // Only a claim can be a block device. Devices that are no volume are no matter of this control.
    for (const DeviceFacts& device : container.devices) {
      if (device.origin == MountOrigin::kVolume && !IsAllowedType(*allowed, kClaimType)) {
        details.Add(container, At(device.container_path, "volume type", kClaimType));
      }
    }
  }
  return details.AsFinding("volumes");
}

std::optional<Finding> ControlAllowedHostPaths(const Question& question) {
  const auto& allowed = question.spec.controls.allowed_host_paths;
  if (!allowed.has_value()) {
    return std::nullopt;
  }
  const Trust& trust = question.spec.trust;
  return WrongMounts(
      question.subject, "allowedHostPaths", [&](const MountFacts& mount) -> std::string {
        if (VolumeTypeOf(trust, mount) != kHostPathType || IsAllowedPath(*allowed, mount)) {
          return "";
        }
        MountFacts read_only = mount;
        read_only.readonly = true;
        return base::StrCat("host path ", PathText(mount),
                            IsAllowedPath(*allowed, read_only) ? " unless readOnly" : "");
      });
}

std::optional<Finding> ControlAllowedFlexVolumes(const Question& question) {
  const auto& allowed = question.spec.controls.allowed_flex_volumes;
  if (!allowed.has_value()) {
    return std::nullopt;
  }
  const Trust& trust = question.spec.trust;
  return WrongMounts(question.subject, "allowedFlexVolumes",
                     [&](const MountFacts& mount) -> std::string {
                       const std::string driver = FlexDriver(mount.plugin);
                       if (VolumeTypeOf(trust, mount) != kFlexVolumeType || Has(*allowed, driver)) {
                         return "";
                       }
                       return At(mount.container_path, "flexVolume driver", driver);
                     });
}

std::optional<Finding> ControlAllowedCSIDrivers(const Question& question) {
  const auto& allowed = question.spec.controls.allowed_csi_drivers;
  const DeclaredPod* const declared = question.subject.declared;
  const bool none_declared =
      declared != nullptr && std::ranges::find(declared->volumes, kCsiType,
                                               &DeclaredVolume::type) == declared->volumes.end();
  if (!allowed.has_value() || none_declared) {
    return std::nullopt;
  }
  return WrongMounts(
      question.subject, "allowedCSIDrivers", [&](const MountFacts& mount) -> std::string {
        if (IsUnreadCsi(mount)) {
          return base::StrCat("\"", mount.container_path, "\" of a CSI driver that cannot be read");
        }
        const bool is_inline =
            mount.origin == MountOrigin::kVolume && mount.csi_inline && !mount.csi_driver.empty();
        if (!is_inline || Has(*allowed, mount.csi_driver)) {
          return "";
        }
        return At(mount.container_path, "CSI driver", mount.csi_driver);
      });
}

}  // namespace sekisho::policy
