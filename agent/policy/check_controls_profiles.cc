// Controls of PodSecurityPolicy: capabilities, SELinux labels, AppArmor and seccomp profiles.
#include <algorithm>
#include <iterator>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "caps/cri_caps.h"
#include "policy/capability_rules.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/localhost_profile.h"
#include "policy/profile_rule.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kAll = "ALL";

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// What of a list of capabilities is wrong, in all containers together.
struct WrongNames {
  std::vector<std::string> containers;
  std::set<std::string> names;
};

// `of`: the names that are wrong in one container.
template <typename Of>
WrongNames WrongNamesOf(const Subject& subject, Of of) {
  WrongNames wrong;
  for (const ContainerFacts& container : subject.containers) {
    const std::vector<std::string> names = of(container);
    if (!names.empty()) {
      wrong.containers.push_back(container.name);
      wrong.names.insert(names.begin(), names.end());
    }
  }
  return wrong;
}

std::optional<Finding> CapabilityFinding(std::string_view reason, const WrongNames& wrong,
                                         std::string_view must, std::string_view list) {
  if (wrong.containers.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason),
                 base::StrCat(ContainersText(wrong.containers), " ", must, " ",
                              JoinQuoted({wrong.names.begin(), wrong.names.end()}), " in ", list)};
}

// Each part that differs. The categories of a level are a set: their order says nothing.
bool SameLevel(std::string_view a, std::string_view b) {
  const auto categories = [](std::string_view level) {
    std::set<std::string_view> set;
    const size_t colon = level.find(':');
    while (colon != std::string_view::npos && level.size() > colon) {
      const size_t comma = level.rfind(',');
      const size_t begin = comma == std::string_view::npos || comma < colon ? colon : comma;
      set.insert(level.substr(begin + 1));
      level = level.substr(0, begin);
    }
    return set;
  };
  return a == b ||
         (a.substr(0, a.find(':')) == b.substr(0, b.find(':')) && categories(a) == categories(b));
}

bool SameLabel(const SELinuxOptions& a, const SELinuxOptions& b) {
  return a.user == b.user && a.role == b.role && a.type == b.type && SameLevel(a.level, b.level);
}

// What a runtime gives the container: the pod's options where it has none of its own.
const SELinuxOptions& EffectiveSELinux(const SandboxFacts& sandbox,
                                       const ContainerFacts& container) {
  static const SELinuxOptions kNone;
  const bool own = container.selinux.has_value() && *container.selinux != kNone;
  const std::optional<SELinuxOptions>& options = own ? container.selinux : sandbox.selinux;
  return options.has_value() ? *options : kNone;
}

// The profiles of one container that the rule forbids. Some runtime reads each of the two fields,
// so both must be allowed; `unset` counts where neither says anything.
std::vector<std::string> ForbiddenProfiles(const ProfileRule& rule, std::string_view root,
                                           const SecurityProfile& current,
                                           const SecurityProfile& deprecated, ProfileType unset) {
  std::vector<SecurityProfile> set;
  for (const SecurityProfile& profile : {current, deprecated}) {
    if (profile.type != ProfileType::kAbsent) {
      set.push_back(profile);
    }
  }
  if (set.empty()) {
    set.push_back({unset, ""});
  }
  std::vector<std::string> forbidden;
  for (const SecurityProfile& profile : set) {
    if (!Allows(rule, profile, root)) {
      forbidden.push_back(EntryOf(profile, root));
    }
  }
  return forbidden;
}

std::optional<Finding> ProfileFinding(std::string_view reason, const WrongNames& wrong,
                                      const ProfileRule& rule) {
  if (wrong.containers.empty()) {
    return std::nullopt;
  }
  return Finding{std::string(reason),
                 base::StrCat(ContainersText(wrong.containers), " must not run with profile ",
                              JoinQuoted({wrong.names.begin(), wrong.names.end()}),
                              "; allowed: ", JoinQuoted(rule.allowed))};
}

}  // namespace

bool IsAllowedByControls(const Controls& controls, std::string_view name) {
  return !controls.allowed_capabilities.has_value() || Has(*controls.allowed_capabilities, "*") ||
         Has(*controls.allowed_capabilities, name) || Has(controls.default_add_capabilities, name);
}

bool LacksDefault(const ContainerFacts& container, std::string_view name) {
  const bool dropped =
      std::ranges::any_of(container.capabilities_drop, [name](const std::string& dropped_name) {
        return caps::IsPlainNameOf(dropped_name, name) || caps::IsPlainNameOf(dropped_name, kAll);
      });
  return !dropped && !Has(container.capabilities_add, name);
}

bool LacksRequiredDrop(const ContainerFacts& container, std::string_view name) {
  if (name == kAll) {
    return !std::ranges::any_of(container.capabilities_drop, [](const std::string& dropped) {
      return caps::IsPlainNameOf(dropped, kAll);
    });
  }
  const caps::Lists lists{container.capabilities_add, container.capabilities_drop,
                          container.capabilities_ambient};
  const caps::Lists without = caps::WithDropped(lists, name);
  return without.add != lists.add || without.drop != lists.drop || without.ambient != lists.ambient;
}

std::optional<Finding> ControlAllowedCapabilities(const Question& question) {
  const Controls& controls = question.spec.controls;
  if (!controls.allowed_capabilities.has_value()) {
    return std::nullopt;
  }
  const WrongNames wrong =
      WrongNamesOf(question.subject, [&controls](const ContainerFacts& container) {
        std::vector<std::string> names;
        for (const auto* list : {&container.capabilities_add, &container.capabilities_ambient}) {
          std::ranges::copy_if(*list, std::back_inserter(names), [&](const std::string& name) {
            return !IsAllowedByControls(controls, name);
          });
        }
        return names;
      });
  return CapabilityFinding("allowedCapabilities", wrong, "must not include",
                           "securityContext.capabilities.add");
}

std::optional<Finding> ControlDefaultAddCapabilities(const Question& question) {
  const std::vector<std::string>& defaults = question.spec.controls.default_add_capabilities;
  const WrongNames wrong =
      WrongNamesOf(question.subject, [&defaults](const ContainerFacts& container) {
        std::vector<std::string> names;
        std::ranges::copy_if(
            defaults, std::back_inserter(names),
            [&container](const std::string& name) { return LacksDefault(container, name); });
        return names;
      });
  return CapabilityFinding("defaultAddCapabilities", wrong, "must include",
                           "securityContext.capabilities.add or drop");
}

std::optional<Finding> ControlRequiredDropCapabilities(const Question& question) {
  const std::vector<std::string>& required = question.spec.controls.required_drop_capabilities;
  const WrongNames wrong =
      WrongNamesOf(question.subject, [&required](const ContainerFacts& container) {
        std::vector<std::string> names;
        std::ranges::copy_if(
            required, std::back_inserter(names),
            [&container](const std::string& name) { return LacksRequiredDrop(container, name); });
        return names;
      });
  return CapabilityFinding("requiredDropCapabilities", wrong, "must include",
                           "securityContext.capabilities.drop and not in add");
}

std::optional<Finding> ControlSELinux(const Question& question) {
  const std::optional<SELinuxOptions>& wanted = question.spec.controls.selinux;
  if (!wanted.has_value()) {
    return std::nullopt;
  }
  const Subject& subject = question.subject;
  std::vector<std::string> setters;
  if (subject.IncludesPod() &&
      !SameLabel(subject.sandbox.selinux.value_or(SELinuxOptions{}), *wanted)) {
    setters.emplace_back("pod");
  }
  const std::vector<std::string> names = NamesWhere(subject, [&](const ContainerFacts& container) {
    return !SameLabel(EffectiveSELinux(subject.sandbox, container), *wanted);
  });
  if (!names.empty()) {
    setters.push_back(ContainersText(names));
  }
  if (setters.empty()) {
    return std::nullopt;
  }
  return Finding{"seLinux", base::StrCat(base::StrJoin(setters, " and "),
                                         " must set securityContext.seLinuxOptions to user \"",
                                         wanted->user, "\", role \"", wanted->role, "\", type \"",
                                         wanted->type, "\", level \"", wanted->level, "\"")};
}

std::optional<Finding> ControlAppArmor(const Question& question) {
  const std::optional<ProfileRule>& rule = question.spec.controls.apparmor;
  if (!rule.has_value()) {
    return std::nullopt;
  }
  const WrongNames wrong = WrongNamesOf(question.subject, [&rule](const ContainerFacts& container) {
    return ForbiddenProfiles(*rule, "", container.apparmor,
                             FromDeprecated(container.apparmor_profile),
                             ProfileType::kRuntimeDefault);
  });
  return ProfileFinding("appArmor", wrong, *rule);
}

std::optional<Finding> ControlSeccomp(const Question& question) {
  const std::optional<ProfileRule>& rule = question.spec.controls.seccomp;
  if (!rule.has_value()) {
    return std::nullopt;
  }
  const std::string& root = question.spec.node.seccomp_root;
  const WrongNames wrong = WrongNamesOf(question.subject, [&](const ContainerFacts& container) {
    // The lists have the names of the files that somebody wrote, not of pinned copies.
    return ForbiddenProfiles(*rule, root, AsNamed(container, container.seccomp),
                             AsNamed(container, FromDeprecated(container.seccomp_profile_path)),
                             ProfileType::kUnconfined);
  });
  return ProfileFinding("seccomp", wrong, *rule);
}

}  // namespace sekisho::policy
