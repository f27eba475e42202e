// Checks of our own: settings beside the security context that undo it.
//
// None of them is in a Pod Security level, because no pod can say them through the API server, or
// because their meaning is a runtime's own. Each is open to whoever can write a pod's annotations,
// or to whatever stands between the kubelet and us.
#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/glob.h"
#include "policy/paths.h"
#include "policy/steering_annotations.h"

namespace sekisho::policy {
namespace {

// What a kubelet sets of cgroup v2 (memory QoS, swap, OOM group); every other key is somebody
// else's.
constexpr auto kUnifiedKeys = std::to_array<std::string_view>(
    {"memory.high", "memory.low", "memory.min", "memory.oom.group", "memory.swap.max"});
static_assert(std::ranges::is_sorted(kUnifiedKeys));

// The kubelet's own least, for node-critical and guaranteed pods. Below it a process outlives the
// kubelet when memory runs out.
constexpr int64_t kLeastOomScoreAdj = -997;

// Mount options that take something away. Others give something, or change what is mounted.
constexpr auto kHarmlessOptions = std::to_array<std::string_view>({"nodev", "noexec", "nosuid"});

constexpr auto kReservedLabels =
    std::to_array<std::string_view>({"containerd.io/", "io.cri-containerd."});

std::optional<Finding> FindingOf(std::string_view reason, const std::vector<std::string>& details) {
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason), base::StrJoin(details, ", ")};
}

bool AnyMatches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(
      patterns, [text](const std::string& pattern) { return GlobMatches(pattern, text); });
}

// "vendor.com/class" of "vendor.com/class=name"; empty for a name that is not qualified.
std::string_view CdiKind(std::string_view name) {
  const size_t equals = name.find('=');
  const size_t slash = name.find('/');
  const bool qualified = equals != std::string_view::npos && slash != std::string_view::npos &&
                         slash > 0 && slash + 1 < equals && equals + 1 < name.size();
  return qualified ? name.substr(0, equals) : std::string_view();
}

// A pod's cgroup has its uid in its name, with dashes or, as systemd demands, underscores.
bool IsCgroupOf(const std::string& parent, const std::string& uid) {
  std::string underscored = uid;
  std::ranges::replace(underscored, '-', '_');
  return parent.find(uid) != std::string::npos || parent.find(underscored) != std::string::npos;
}

void LookAtUnified(const std::vector<std::string>& keys, std::vector<std::string>& details) {
  for (const std::string& key : keys) {
    if (!std::ranges::binary_search(kUnifiedKeys, key)) {
      details.push_back(base::StrCat("cgroup key \"", key, "\""));
    }
  }
}

std::vector<std::string> MountProblems(const SandboxFacts& sandbox, const MountFacts& mount) {
  std::vector<std::string> problems;
  const auto problem_if = [&problems](bool wrong, std::string_view what) {
    if (wrong) {
      problems.emplace_back(what);
    }
  };
  const bool is_image = !mount.image.empty();
  problem_if(mount.propagation == MountPropagation::kBidirectional, "propagation BIDIRECTIONAL");
  problem_if(mount.selinux_relabel && (mount.origin == MountOrigin::kHostPath ||
                                       mount.origin == MountOrigin::kUnresolved),
             "relabelling of a path of the node");
  problem_if(is_image && !mount.host_path.empty(), "an image and a host path at once");
  problem_if(is_image && !mount.readonly, "an image that is not read-only");
  const UserNamespace users = sandbox.namespaces.userns.value_or(UserNamespace{});
  problem_if(!mount.uid_mappings.empty() && mount.uid_mappings != users.uids,
             "user id mappings that are not the pod's");
  problem_if(!mount.gid_mappings.empty() && mount.gid_mappings != users.gids,
             "group id mappings that are not the pod's");
  for (const std::string& option : mount.mount_options) {
    if (!std::ranges::binary_search(kHarmlessOptions, option)) {
      problems.push_back(base::StrCat("mount option \"", option, "\""));
    }
  }
  return problems;
}

}  // namespace

bool IsForbiddenAnnotation(const AnnotationRules& rules, std::string_view key) {
  return !AnyMatches(rules.allow, key) && !AnyMatches(rules.strip, key) &&
         AnyMatches(rules.deny, key);
}

bool IsStrippedAnnotation(const AnnotationRules& rules, std::string_view key) {
  return !AnyMatches(rules.allow, key) && AnyMatches(rules.strip, key);
}

std::optional<Finding> SteeringAnnotations(const Question& question) {
  const AnnotationRules& rules = question.spec.annotations;
  std::vector<std::string> details;
  const auto look = [&](const std::map<std::string, std::string>& annotations,
                        std::string_view who) {
    for (const auto& [key, value] : annotations) {
      if (IsForbiddenAnnotation(rules, key)) {
        details.push_back(base::StrCat(who, " must not set annotation \"", key, "\""));
      }
    }
  };
  if (question.subject.IncludesPod()) {
    look(question.subject.sandbox.annotations, "pod");
  }
  for (const ContainerFacts& container : question.subject.containers) {
    look(container.annotations, ContainersText({container.name}));
  }
  return FindingOf("annotations that steer the runtime", details);
}

std::optional<Finding> ReservedLabels(const Question& question) {
  std::vector<std::string> details;
  const auto look = [&details](const std::map<std::string, std::string>& labels,
                               std::string_view who) {
    for (const auto& [key, value] : labels) {
      const std::string_view name = key;
      if (std::ranges::any_of(kReservedLabels, [name](std::string_view prefix) {
            return name.starts_with(prefix);
          })) {
        details.push_back(base::StrCat(who, " must not set label \"", key, "\""));
      }
    }
  };
  if (question.subject.IncludesPod()) {
    look(question.subject.sandbox.labels, "pod");
  }
  for (const ContainerFacts& container : question.subject.containers) {
    look(container.labels, ContainersText({container.name}));
  }
  return FindingOf("labels that are the runtime's own", details);
}

std::optional<Finding> Devices(const Question& question) {
  std::vector<std::string> details;
  for (const ContainerFacts& container : question.subject.containers) {
    for (const DeviceFacts& device : container.devices) {
      const bool vouched = IsCleanAbsolutePath(device.host_path) &&
                           AnyMatches(question.spec.trust.devices, device.host_path);
      if (device.origin != MountOrigin::kVolume && !vouched) {
        details.push_back(base::StrCat(
            ContainersText({container.name}), " must not use device \"", device.host_path, "\"",
            device.remark.empty() ? "" : base::StrCat(" [", device.remark, "]")));
      }
    }
  }
  return FindingOf("devices of the node", details);
}

std::optional<Finding> CdiDevices(const Question& question) {
  std::vector<std::string> details;
  for (const ContainerFacts& container : question.subject.containers) {
    for (const std::string& name : container.cdi_devices) {
      const std::string_view kind = CdiKind(name);
      const std::vector<std::string>& vouched = question.spec.trust.cdi_kinds;
      if (kind.empty() || std::ranges::find(vouched, kind) == vouched.end()) {
        details.push_back(base::StrCat(ContainersText({container.name}),
                                       " must not use CDI device \"", name, "\""));
      }
    }
  }
  return FindingOf("CDI devices", details);
}

std::optional<Finding> MountSettings(const Question& question) {
  std::vector<std::string> details;
  for (const ContainerFacts& container : question.subject.containers) {
    for (const MountFacts& mount : container.mounts) {
      for (const std::string& problem : MountProblems(question.subject.sandbox, mount)) {
        details.push_back(base::StrCat(ContainersText({container.name}), " mounts \"",
                                       mount.container_path, "\" with ", problem));
      }
    }
  }
  return FindingOf("mount settings", details);
}

std::optional<Finding> CgroupSettings(const Question& question) {
  const Subject& subject = question.subject;
  std::vector<std::string> details;
  if (subject.IncludesPod()) {
    LookAtUnified(subject.sandbox.unified_keys, details);
    const std::string& parent = subject.sandbox.cgroup_parent;
    // Without cgroups per pod a kubelet sends none, or the root.
    if (!parent.empty() && parent != "/" && !IsCgroupOf(parent, subject.sandbox.pod.uid)) {
      details.push_back(base::StrCat("cgroup_parent \"", parent, "\" is not this pod's"));
    }
  }
  for (const ContainerFacts& container : subject.containers) {
    LookAtUnified(container.unified_keys, details);
    if (container.oom_score_adj < kLeastOomScoreAdj) {
      details.push_back(base::StrCat("oom_score_adj ", container.oom_score_adj));
    }
  }
  return FindingOf("cgroup settings", details);
}

std::optional<Finding> CheckpointImage(const Question& question) {
  std::vector<std::string> details;
  for (const ContainerFacts& container : question.subject.containers) {
    // An image reference never begins like a path. The name can still be that of a file in the
    // runtime's working directory: that only looking tells.
    const bool is_path = container.image.starts_with('/') || container.image.starts_with('.');
    if (is_path || container.image_is_file) {
      details.push_back(base::StrCat(ContainersText({container.name}), " names the file \"",
                                     container.image, "\" as its image"));
    }
  }
  return FindingOf("an image that is a file", details);
}

}  // namespace sekisho::policy
