#include "mounts/layout.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "mounts/paths.h"

namespace sekisho::mounts {
namespace {

using Names = std::span<const std::string_view>;

Place NotTheKubelets(std::string_view remark) {
  return {.remark = std::string(remark)};
}

// "%08x", as the kubelet writes it.
bool IsTerminationFileName(std::string_view name) {
  return name.size() == 8 && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A number as the kubelet writes it: no sign, no zero in front.
bool IsIndex(std::string_view text) {
  return !text.empty() && text.size() <= 9 && (text == "0" || text.front() != '0') &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Place EtcHosts(std::string_view container_path) {
  if (container_path != "/etc/hosts") {
    return NotTheKubelets("the pod's etc-hosts, but not mounted at /etc/hosts");
  }
  return {.shape = Shape::kManagedFile};
}

// `names`: containers, <container>, <file>
Place TerminationFile(const Asker& asker, Names names, std::string_view container_path) {
  if (names[1] != asker.container) {
    return NotTheKubelets("a file of another container");
  }
  if (!IsTerminationFileName(names[2])) {
    return NotTheKubelets("not the name of a termination message file");
  }
  // The annotation has the pod's spelling. For the mount, the kubelet puts a "/" before it and
  // takes filepath.Clean of that.
  if (asker.termination_message_path.empty() ||
      container_path != CleanAbsolute(asker.termination_message_path)) {
    return NotTheKubelets("a termination message file, but not mounted at terminationMessagePath");
  }
  return {.shape = Shape::kManagedFile};
}

// `names`: volumes, <plugin>, <volume>, …
Place Volume(Names names) {
  const std::string_view plugin = names[1];
  if (plugin == kHostPathPlugin) {
    return NotTheKubelets("a kubelet makes no directory for host-path");
  }
  if (!IsPluginDirectory(plugin)) {
    return NotTheKubelets("not the directory of a volume plugin");
  }
  if (plugin == kCsiPlugin ? names.size() != 4 || names[3] != "mount" : names.size() != 3) {
    return NotTheKubelets("not the directory at which the plugin mounts its volume");
  }
  return {.shape = Shape::kVolume, .plugin = std::string(plugin), .volume = std::string(names[2])};
}

// `names`: volume-subpaths, <volume>, <container>, <index>
Place SubPath(const Asker& asker, Names names) {
  if (names[2] != asker.container) {
    return NotTheKubelets("a subPath of another container");
  }
  if (!IsIndex(names[3])) {
    return NotTheKubelets("not the index of a volumeMount");
  }
  return {.shape = Shape::kSubPath, .volume = std::string(names[1])};
}

// What is wrong with a path that lies below <root>/pods, or what its names below the pod are.
struct BelowPod {
  std::vector<std::string_view> names = {};
  std::string_view remark = {};  // not empty: `names` says nothing
  bool elsewhere = false;        // not below <root>/pods at all
};

BelowPod FindPod(std::string_view kubelet_root, const Asker& asker, std::string_view host_path) {
  if (const std::string_view why = WhyNotClean(host_path); !why.empty()) {
    return {.remark = why};
  }
  if (!WhyNotClean(kubelet_root).empty()) {
    return {.remark = "the configured kubelet root is no clean absolute path"};
  }
  const std::string pods = Join(kubelet_root, "pods");
  if (!IsAtOrBelow(host_path, pods)) {
    return {.elsewhere = true};
  }
  if (!IsPlainName(asker.pod_uid)) {
    return {.remark = "the pod's uid is no plain name"};
  }
  if (host_path == pods) {
    return {.remark = "the directory of all pods"};
  }
  BelowPod found{.names = Components(host_path.substr(pods.size()))};
  if (found.names.front() != asker.pod_uid) {
    return {.remark = "the directory of another pod"};
  }
  found.names.erase(found.names.begin());
  if (found.names.empty()) {
    return {.remark = "the pod's directory as a whole"};
  }
  return found;
}

std::string PathBelowPods(const Asker& asker, Names names) {
  return base::StrCat(asker.pod_uid, "/", base::StrJoin(names, "/"));
}

Place ByShape(const Asker& asker, Names names, std::string_view container_path) {
  const std::string_view first = names.front();
  if (first == "etc-hosts" && names.size() == 1) {
    return EtcHosts(container_path);
  }
  if (first == "containers" && names.size() == 3) {
    return TerminationFile(asker, names, container_path);
  }
  if (first == "volumes" && names.size() >= 3) {
    return Volume(names);
  }
  if (first == "volume-subpaths" && names.size() == 4) {
    return SubPath(asker, names);
  }
  return NotTheKubelets("no path that a kubelet mounts");
}

}  // namespace

bool IsPluginDirectory(std::string_view name) {
  return std::ranges::count(name, '~') == 1 && name.front() != '~' && name.back() != '~' &&
         name != kHostPathPlugin;
}

std::string VolumeDirectory(std::string_view plugin, std::string_view volume) {
  return base::StrCat(plugin, "/", volume, plugin == kCsiPlugin ? "/mount" : "");
}

Place PlaceOfMount(std::string_view kubelet_root, const Asker& asker, std::string_view host_path,
                   std::string_view container_path) {
  const BelowPod pod = FindPod(kubelet_root, asker, host_path);
  if (pod.elsewhere || !pod.remark.empty()) {
    return NotTheKubelets(pod.remark);
  }
  Place place = ByShape(asker, pod.names, container_path);
  place.below = PathBelowPods(asker, pod.names);
  return place;
}

Place PlaceOfDevice(std::string_view kubelet_root, const Asker& asker, std::string_view host_path) {
  const BelowPod pod = FindPod(kubelet_root, asker, host_path);
  if (pod.elsewhere || !pod.remark.empty()) {
    return NotTheKubelets(pod.remark);
  }
  if (pod.names.size() != 3 || pod.names[0] != "volumeDevices" ||
      !IsPluginDirectory(pod.names[1])) {
    return NotTheKubelets("not a block volume of the pod");
  }
  return {.shape = Shape::kDevice,
          .plugin = std::string(pod.names[1]),
          .volume = std::string(pod.names[2]),
          .below = PathBelowPods(asker, pod.names)};
}

}  // namespace sekisho::mounts
