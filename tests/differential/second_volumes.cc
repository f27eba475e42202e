#include "differential/second_volumes.h"

#include <set>
#include <vector>

#include "differential/second_namespaces.h"

namespace sekisho::differential {
namespace {

namespace v1 = runtime::v1;

using Parts = std::vector<std::string>;

Parts SplitPath(const std::string& path) {
  Parts parts;
  size_t begin = 0;
  for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', begin)) {
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(path.substr(begin));
  return parts;
}

// What is below the pod's own directory; nothing for every other path. A path that is written in
// any but its plainest way, with "//", "/./" or a slash at its end, is no kubelet's.
Parts BelowPod(const Node& node, const std::string& uid, const std::string& path) {
  const std::string pod_directory = node.kubelet_root + "/pods/" + uid + "/";
  if (uid.empty() || !path.starts_with(pod_directory) || path.find('\0') != std::string::npos) {
    return {};
  }
  Parts parts = SplitPath(path.substr(pod_directory.size()));
  for (const std::string& part : parts) {
    if (part.empty() || part == "." || part == "..") {
      return {};
    }
  }
  return parts;
}

bool IsOf(const std::string& text, const std::string& letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string::npos;
}

// kubernetes.io~name, or vendor~driver of a flexVolume, as its authors are told to name it: another
// one's path is taken for one of the node. No kubelet has a directory for hostPath volumes.
bool IsPlugin(const std::string& directory) {
  const size_t tilde = directory.find('~');
  return tilde != std::string::npos && tilde == directory.rfind('~') && tilde > 0 &&
         tilde + 1 < directory.size() && directory != "kubernetes.io~host-path";
}

// "" for a path of the node; "kubelet" for a file that the kubelet keeps for the pod; otherwise the
// plugin's directory.
std::string WhatIsMounted(const Node& node, const Parts& parts, const v1::Mount& mount,
                          const v1::ContainerConfig& container) {
  const std::string& name = container.metadata().name();
  const auto message_path =
      container.annotations().find("io.kubernetes.container.terminationMessagePath");
  if (parts == Parts{"etc-hosts"}) {
    return mount.container_path() == "/etc/hosts" ? "kubelet" : "";
  }
  if (parts.size() == 3 && parts[0] == "containers") {
    const bool is_message = parts[1] == name && parts[2].size() == 8 &&
                            IsOf(parts[2], "0123456789abcdef") &&
                            message_path != container.annotations().end() &&
                            mount.container_path() == message_path->second;
    return is_message ? "kubelet" : "";
  }
  if (parts.size() == 4 && parts[0] == "volume-subpaths") {
    const auto volume = node.volumes.find(parts[1]);
    const bool is_subpath =
        parts[2] == name && IsOf(parts[3], "0123456789") && volume != node.volumes.end();
    return is_subpath ? volume->second : "";
  }
  if (parts.size() < 3 || parts[0] != "volumes" || !IsPlugin(parts[1])) {
    return "";
  }
  const bool is_csi = parts[1] == "kubernetes.io~csi";
  const bool has_shape = is_csi ? parts.size() == 4 && parts[3] == "mount" : parts.size() == 3;
  return has_shape ? parts[1] : "";
}

// Mounts that show up on the node, relabel what is the node's, map ids that are not the pod's, or
// take options that undo what the runtime sets; and images with a path or to be written to, which
// runtimes differ about.
bool IsOdd(const v1::PodSandboxConfig& pod, const v1::Mount& mount, bool of_node) {
  static const std::set<std::string> kHarmless = {"noexec", "nodev", "nosuid"};
  for (const std::string& option : mount.mount_options()) {
    if (!kHarmless.contains(option)) {
      return true;
    }
  }
  const bool is_image = !mount.image().image().empty();
  const v1::UserNamespace& users =
      pod.linux().security_context().namespace_options().userns_options();
  return (mount.propagation() != v1::PROPAGATION_PRIVATE &&
          mount.propagation() != v1::PROPAGATION_HOST_TO_CONTAINER) ||
         (mount.selinux_relabel() && of_node) ||
         (!mount.uidmappings().empty() && !AreMappingsEqual(mount.uidmappings(), users.uids())) ||
         (!mount.gidmappings().empty() && !AreMappingsEqual(mount.gidmappings(), users.gids())) ||
         (is_image && (!mount.host_path().empty() || !mount.readonly()));
}

}  // namespace

Volumes VolumesOf(const Node& node, const v1::PodSandboxConfig& pod,
                  const v1::ContainerConfig& container) {
  // nfs, iscsi, fc and flexVolumes look the same inline, which is forbidden, and by a claim: they
  // are forbidden where nobody vouches for the claim. So are plugins that are not known.
  static const std::set<std::string> kAllowed = {
      "image",
      "kubelet",
      "kubernetes.io~configmap",
      "kubernetes.io~csi",
      "kubernetes.io~downward-api",
      "kubernetes.io~empty-dir",
      "kubernetes.io~local-volume",  // only ever by a claim
      "kubernetes.io~projected",
      "kubernetes.io~secret"};
  Volumes volumes;
  for (const v1::Mount& mount : container.mounts()) {
    const bool is_image = !mount.image().image().empty() && mount.host_path().empty();
    const Parts parts = BelowPod(node, pod.metadata().uid(), mount.host_path());
    const std::string what = is_image ? "image" : WhatIsMounted(node, parts, mount, container);
    volumes.host_path = volumes.host_path || what.empty();
    volumes.restricted_type =
        volumes.restricted_type || (!what.empty() && !kAllowed.contains(what));
    volumes.odd_settings = volumes.odd_settings || IsOdd(pod, mount, what.empty());
  }
  return volumes;
}

}  // namespace sekisho::differential
