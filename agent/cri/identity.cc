#include "cri/identity.h"

#include <algorithm>
#include <string_view>

#include "base/str_cat.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

// A user namespace of the node and none at all are the same thing, and a kubelet that was upgraded
// writes the one where its predecessor wrote the other.
policy::NamespaceOptions Normalised(policy::NamespaceOptions options) {
  if (options.userns.has_value() && options.userns->mode == policy::NamespaceMode::kNode) {
    options.userns.reset();
  }
  return options;
}

std::vector<int32_t> Sorted(std::vector<int32_t> ports) {
  std::ranges::sort(ports);
  return ports;
}

bool IsLogFileName(std::string_view name) {
  const size_t dot = name.find('.');
  return dot != 0 && dot != std::string_view::npos && name.substr(dot) == ".log" &&
         std::ranges::all_of(name.substr(0, dot), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<std::string> Mismatches(const policy::SandboxFacts& recorded, bool complete,
                                    const policy::SandboxFacts& claimed) {
  std::vector<std::string> differing;
  const auto compare = [&differing](std::string_view field, const auto& a, const auto& b) {
    if (!(a == b)) {
      differing.push_back(base::StrCat("sandbox_config.", field));
    }
  };
  compare("metadata.name", recorded.pod.name, claimed.pod.name);
  compare("metadata.namespace", recorded.pod.namespace_, claimed.pod.namespace_);
  compare("metadata.uid", recorded.pod.uid, claimed.pod.uid);
  compare("metadata.attempt", recorded.pod.attempt, claimed.pod.attempt);
  compare("linux.security_context.namespace_options", Normalised(recorded.namespaces),
          Normalised(claimed.namespaces));
  if (!complete) {
    return differing;
  }
  compare("linux.security_context.selinux_options", recorded.selinux, claimed.selinux);
  compare("linux.security_context.run_as_user", recorded.run_as_user, claimed.run_as_user);
  compare("linux.security_context.run_as_group", recorded.run_as_group, claimed.run_as_group);
  compare("linux.security_context.readonly_rootfs", recorded.readonly_rootfs,
          claimed.readonly_rootfs);
  compare("linux.security_context.supplemental_groups", recorded.supplemental_groups,
          claimed.supplemental_groups);
  compare("linux.security_context.seccomp", recorded.seccomp, claimed.seccomp);
  compare("linux.security_context.seccomp_profile_path", recorded.seccomp_profile_path,
          claimed.seccomp_profile_path);
  compare("linux.sysctls", recorded.sysctls, claimed.sysctls);
  compare("linux.cgroup_parent", recorded.cgroup_parent, claimed.cgroup_parent);
  compare("log_directory", recorded.log_directory, claimed.log_directory);
  compare("port_mappings", Sorted(recorded.host_ports), Sorted(claimed.host_ports));
  return differing;
}

std::vector<std::string> Mismatches(const policy::SandboxFacts& recorded,
                                    const runtime::v1::ContainerConfig& config) {
  std::vector<std::string> differing;
  const auto compare_label = [&](const char* key, const std::string& expected) {
    const auto label = config.labels().find(key);
    if (label != config.labels().end() && label->second != expected) {
      differing.push_back(base::StrCat("config.labels[", key, "]"));
    }
  };
  compare_label("io.kubernetes.pod.name", recorded.pod.name);
  compare_label("io.kubernetes.pod.namespace", recorded.pod.namespace_);
  compare_label("io.kubernetes.pod.uid", recorded.pod.uid);
  compare_label("io.kubernetes.container.name", config.metadata().name());

  // "<container>/<n>.log", or no log at all.
  const std::string& name = config.metadata().name();
  const std::string prefix = name + "/";
  const std::string& log_path = config.log_path();
  const bool name_is_plain =
      !name.empty() && name.find('/') == std::string::npos && name != ".." && name != ".";
  if (!log_path.empty() && !(name_is_plain && log_path.starts_with(prefix) &&
                             IsLogFileName(std::string_view(log_path).substr(prefix.size())))) {
    differing.emplace_back("config.log_path");
  }
  return differing;
}

}  // namespace sekisho::cri
