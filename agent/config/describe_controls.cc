#include "config/describe_controls.h"

#include <optional>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/steering_annotations.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::Controls;
using policy::IdRange;
using policy::IdRule;

// Whatever is given, as "name value", with "; " between them.
class Parts {
 public:
  void Add(std::string_view name, std::string_view value) {
    parts_.push_back(StrCat(name, " ", value));
  }
  void AddIf(bool given, std::string_view name, std::string_view value) {
    if (given) {
      Add(name, value);
    }
  }
  void AddList(std::string_view name, const std::vector<std::string>& list) {
    Add(name, list.empty() ? "none" : base::StrJoin(list, ", ", [](const std::string& element) {
          return element.empty() ? std::string_view("\"\"") : std::string_view(element);
        }));
  }
  void AddListIf(std::string_view name, const std::vector<std::string>& list) {
    if (!list.empty()) {
      AddList(name, list);
    }
  }
  void AddListIf(std::string_view name, const std::optional<std::vector<std::string>>& list) {
    if (list.has_value()) {
      AddList(name, *list);
    }
  }
  std::string Text() const { return parts_.empty() ? "none" : base::StrJoin(parts_, "; "); }

 private:
  std::vector<std::string> parts_;
};

std::vector<std::string> RangeTexts(const std::vector<IdRange>& ranges) {
  std::vector<std::string> texts;
  texts.reserve(ranges.size());
  for (const IdRange& range : ranges) {
    texts.push_back(range.min == range.max ? StrCat(range.min) : StrCat(range.min, "-", range.max));
  }
  return texts;
}

std::string RuleText(const IdRule& rule) {
  if (rule.kind == IdRule::Kind::kMustRunAsNonRoot) {
    return "MustRunAsNonRoot";
  }
  return StrCat(rule.kind == IdRule::Kind::kMayRunAs ? "MayRunAs " : "MustRunAs ",
                base::StrJoin(RangeTexts(rule.ranges), ", "));
}

template <typename Rule>
std::vector<std::string> PathTexts(const std::vector<Rule>& rules, std::string Rule::*path) {
  std::vector<std::string> texts;
  texts.reserve(rules.size());
  for (const Rule& rule : rules) {
    texts.push_back(StrCat(rule.*path, rule.read_only ? " (read-only)" : ""));
  }
  return texts;
}

std::string SELinuxText(const policy::SELinuxOptions& options) {
  return StrCat("MustRunAs user \"", options.user, "\", role \"", options.role, "\", type \"",
                options.type, "\", level \"", options.level, "\"");
}

std::string ProfilesText(const policy::ProfileRule& rule) {
  return StrCat(base::StrJoin(rule.allowed, ", "),
                rule.fallback.empty() ? "" : StrCat(" (else ", rule.fallback, ")"));
}

void AddSwitches(const Controls& controls, Parts& parts) {
  parts.AddIf(controls.forbid_privileged, "privileged", "false");
  parts.AddIf(controls.forbid_host_network, "hostNetwork", "false");
  parts.AddIf(controls.forbid_host_pid, "hostPID", "false");
  parts.AddIf(controls.forbid_host_ipc, "hostIPC", "false");
  parts.AddIf(controls.forbid_privilege_escalation, "allowPrivilegeEscalation", "false");
  parts.AddIf(controls.read_only_root_filesystem, "readOnlyRootFilesystem", "true");
  parts.AddIf(controls.strict_supplemental_groups, "supplementalGroupsPolicy", "Strict");
}

void AddIds(const Controls& controls, Parts& parts) {
  const auto add = [&parts](std::string_view name, const std::optional<IdRule>& rule) {
    if (rule.has_value()) {
      parts.Add(name, RuleText(*rule));
    }
  };
  add("runAsUser", controls.run_as_user);
  add("runAsGroup", controls.run_as_group);
  add("supplementalGroups", controls.supplemental_groups);
}

void AddVolumes(const Controls& controls, Parts& parts) {
  parts.AddListIf("volumes", controls.volumes);
  if (controls.allowed_host_paths.has_value()) {
    parts.AddList("allowedHostPaths",
                  PathTexts(*controls.allowed_host_paths, &policy::AllowedHostPath::path_prefix));
  }
  parts.AddListIf("allowedFlexVolumes", controls.allowed_flex_volumes);
  parts.AddListIf("allowedCSIDrivers", controls.allowed_csi_drivers);
}

void AddProfiles(const Controls& controls, Parts& parts) {
  if (controls.selinux.has_value()) {
    parts.Add("seLinux", SELinuxText(*controls.selinux));
  }
  if (controls.apparmor.has_value()) {
    parts.Add("appArmor", ProfilesText(*controls.apparmor));
  }
  if (controls.seccomp.has_value()) {
    parts.Add("seccomp", ProfilesText(*controls.seccomp));
  }
  parts.AddListIf("allowedProcMountTypes", controls.allowed_proc_mount_types);
}

}  // namespace

std::string ControlsText(const Controls& controls) {
  Parts parts;
  AddSwitches(controls, parts);
  if (controls.host_ports.has_value()) {
    parts.AddList("hostPorts", RangeTexts(*controls.host_ports));
  }
  AddVolumes(controls, parts);
  AddIds(controls, parts);
  parts.AddListIf("defaultAddCapabilities", controls.default_add_capabilities);
  parts.AddListIf("requiredDropCapabilities", controls.required_drop_capabilities);
  parts.AddListIf("allowedCapabilities", controls.allowed_capabilities);
  AddProfiles(controls, parts);
  parts.AddListIf("forbiddenSysctls", controls.forbidden_sysctls);
  parts.AddListIf("allowedUnsafeSysctls", controls.allowed_unsafe_sysctls);
  parts.AddListIf("runtimeHandlers", controls.allowed_runtime_handlers);
  return parts.Text();
}

std::string TrustText(const policy::Trust& trust) {
  Parts parts;
  parts.AddListIf("host paths", PathTexts(trust.host_paths, &policy::HostPathRule::prefix));
  parts.AddListIf("PersistentVolumes", trust.persistent_volumes);
  parts.AddListIf("devices", trust.devices);
  parts.AddListIf("CDI kinds", trust.cdi_kinds);
  return parts.Text();
}

std::string AnnotationsText(const policy::AnnotationRules& rules) {
  Parts parts;
  parts.AddListIf("allow", rules.allow);
  parts.AddListIf("strip", rules.strip);
  if (rules.deny == policy::DefaultSpec().annotations.deny) {
    parts.Add("deny", "what is known to steer a runtime");
  } else {
    parts.AddList("deny", rules.deny);
  }
  return parts.Text();
}

}  // namespace sekisho::config
