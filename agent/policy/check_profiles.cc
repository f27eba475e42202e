// Seccomp, AppArmor, SELinux: the profiles a container runs under.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/paths.h"

namespace sekisho::policy {
namespace {

// The weaker of the current field and the deprecated one, where both are set: which of them counts
// is up to the runtime. Unconfined is weakest; of two others the current one is what runtimes read.
SecurityProfile Weaker(const SecurityProfile& current, const SecurityProfile& deprecated) {
  if (current.type == ProfileType::kAbsent) {
    return deprecated;
  }
  return deprecated.type == ProfileType::kUnconfined ? deprecated : current;
}

constexpr std::string_view kAppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

constexpr auto kSELinuxTypes = std::to_array<std::string_view>(
    {"", "container_engine_t", "container_init_t", "container_kvm_t", "container_t"});

std::optional<Finding> SELinux(const std::string& who,
                               const std::optional<SELinuxOptions>& options) {
  if (!options.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> wrong;
  if (!std::ranges::binary_search(kSELinuxTypes, options->type)) {
    wrong.push_back(base::StrCat("type \"", options->type, "\""));
  }
  if (!options->user.empty()) {
    wrong.emplace_back("user may not be set");
  }
  if (!options->role.empty()) {
    wrong.emplace_back("role may not be set");
  }
  if (wrong.empty()) {
    return std::nullopt;
  }
  return Finding{"seLinuxOptions",
                 base::StrCat(who, " set forbidden securityContext.seLinuxOptions: ",
                              base::StrJoin(wrong, "; "))};
}

}  // namespace

SecurityProfile EffectiveSeccomp(const ContainerFacts& container) {
  const SecurityProfile effective =
      Weaker(container.seccomp, FromDeprecated(container.seccomp_profile_path));
  return effective.type == ProfileType::kAbsent ? SecurityProfile{ProfileType::kUnconfined, ""}
                                                : effective;
}

SecurityProfile EffectiveAppArmor(const ContainerFacts& container) {
  return Weaker(container.apparmor, FromDeprecated(container.apparmor_profile));
}

// --- AppArmor
// --------------------------------------------------------------------------------------

std::optional<Finding> SandboxAppArmor(const Spec& spec, const SandboxFacts& sandbox) {
  // An annotation cannot be edited: CRI demands that it comes back as it was sent. Where AppArmor
  // is repaired, the profile that the kubelet made of it is repaired in each container.
  if (spec.For(CheckGroup::kAppArmor) == OnViolation::kHarden) {
    return std::nullopt;
  }
  std::set<std::string> forbidden;
  for (const auto& [key, value] : sandbox.annotations) {
    if (key.starts_with(kAppArmorAnnotation) && !value.empty() && value != "runtime/default" &&
        !value.starts_with("localhost/")) {
      forbidden.insert(base::StrCat("\"", key, "=\"", value, "\"\""));
    }
  }
  if (forbidden.empty()) {
    return std::nullopt;
  }
  const bool one = forbidden.size() == 1;
  return Finding{
      one ? "forbidden AppArmor profile" : "forbidden AppArmor profiles",
      base::StrCat(one ? "annotation" : "annotations", " must not set AppArmor profile type to ",
                   base::StrJoin(forbidden, ", "))};
}

std::optional<Finding> ContainerAppArmor(const Spec&, const SandboxFacts&,
                                         const ContainerFacts& container) {
  if (EffectiveAppArmor(container).type != ProfileType::kUnconfined) {
    return std::nullopt;
  }
  return Finding{
      "forbidden AppArmor profile",
      base::StrCat(Quoted(container), " must not set AppArmor profile type to \"Unconfined\"")};
}

// --- SELinux
// ---------------------------------------------------------------------------------------

std::optional<Finding> SandboxSELinux(const Spec&, const SandboxFacts& sandbox) {
  return SELinux("pod", sandbox.selinux);
}

std::optional<Finding> ContainerSELinux(const Spec&, const SandboxFacts& sandbox,
                                        const ContainerFacts& container) {
  // A kubelet repeats the pod's options where the container has none, and a runtime falls back to
  // them where they are empty: either way it is the pod's doing.
  if (container.selinux == sandbox.selinux ||
      container.selinux.value_or(SELinuxOptions{}) == SELinuxOptions{}) {
    return SELinux("pod", sandbox.selinux);
  }
  return SELinux(Quoted(container), container.selinux);
}

// --- seccomp
// ---------------------------------------------------------------------------------------

std::optional<Finding> SeccompBaseline(const Spec&, const SandboxFacts&,
                                       const ContainerFacts& container) {
  if (EffectiveSeccomp(container).type != ProfileType::kUnconfined) {
    return std::nullopt;
  }
  return Finding{
      "seccompProfile",
      base::StrCat(Quoted(container),
                   " must not set securityContext.seccompProfile.type to \"Unconfined\"")};
}

std::optional<Finding> SeccompRestricted(const Spec&, const SandboxFacts&,
                                         const ContainerFacts& container) {
  if (EffectiveSeccomp(container).type != ProfileType::kUnconfined) {
    return std::nullopt;
  }
  return Finding{"seccompProfile", base::StrCat("pod or ", Quoted(container),
                                                " must set securityContext.seccompProfile.type to "
                                                "\"RuntimeDefault\" or \"Localhost\"")};
}

std::optional<Finding> SeccompLocalhostPath(const Spec& spec, const SandboxFacts&,
                                            const ContainerFacts& container) {
  for (const SecurityProfile& profile :
       {container.seccomp, FromDeprecated(container.seccomp_profile_path)}) {
    if (profile.type == ProfileType::kLocalhost &&
        !(IsCleanAbsolutePath(profile.localhost_ref) &&
          IsBelow(profile.localhost_ref, spec.node.seccomp_root))) {
      return Finding{"seccomp profile outside the node's directory",
                     base::StrCat(Quoted(container), " names \"", profile.localhost_ref,
                                  "\", which is not a file below ", spec.node.seccomp_root)};
    }
  }
  return std::nullopt;
}

}  // namespace sekisho::policy
