// What one container asks for: privileged, privilege escalation, /proc, its user.
#include <cstdint>
#include <limits>

#include "base/str_cat.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

// Kubernetes' range for a user id. A larger number wraps around to another user in some runtimes,
// to root among them.
bool IsValidUser(int64_t user) {
  return user >= 0 && user <= std::numeric_limits<int32_t>::max();
}

Finding Unmasked(const ContainerFacts& container) {
  return {"procMount", base::StrCat(Quoted(container),
                                    " must not set securityContext.procMount to \"Unmasked\"")};
}

}  // namespace

std::optional<Finding> ContainerPrivileged(const Spec&, const SandboxFacts&,
                                           const ContainerFacts& container) {
  if (!container.privileged) {
    return std::nullopt;
  }
  return Finding{"privileged",
                 base::StrCat(Quoted(container), " must not set securityContext.privileged=true")};
}

std::optional<Finding> AllowPrivilegeEscalation(const Spec&, const SandboxFacts&,
                                                const ContainerFacts& container) {
  if (container.no_new_privs) {
    return std::nullopt;
  }
  return Finding{
      "allowPrivilegeEscalation != false",
      base::StrCat(Quoted(container), " must set securityContext.allowPrivilegeEscalation=false")};
}

std::optional<Finding> ProcMountBaseline(const Spec&, const SandboxFacts& sandbox,
                                         const ContainerFacts& container) {
  if (IsProcMasked(container) || InUserNamespace(sandbox, container)) {
    return std::nullopt;
  }
  return Unmasked(container);
}

std::optional<Finding> ProcMountRestricted(const Spec&, const SandboxFacts&,
                                           const ContainerFacts& container) {
  if (IsProcMasked(container)) {
    return std::nullopt;
  }
  return Unmasked(container);
}

std::optional<Finding> RunAsNonRoot(const Spec&, const SandboxFacts& sandbox,
                                    const ContainerFacts& container) {
  // CRI has no field for runAsNonRoot. A kubelet that enforces it sends a user that is not 0 and no
  // name: so that much can be demanded. A name overrides the number, and may well be "root".
  const bool valid = !container.run_as_user.has_value() || IsValidUser(*container.run_as_user);
  if (valid && InUserNamespace(sandbox, container)) {
    return std::nullopt;
  }
  if (valid && container.run_as_user.value_or(0) != 0 && container.run_as_username.empty()) {
    return std::nullopt;
  }
  return Finding{
      "runAsNonRoot != true",
      base::StrCat("pod or ", Quoted(container), " must set securityContext.runAsNonRoot=true")};
}

std::optional<Finding> ContainerRunAsUser(const Spec&, const SandboxFacts& sandbox,
                                          const ContainerFacts& container) {
  // A user of 0 can also come from the image. Both break restricted, so both are reported.
  if (container.run_as_user != 0 || InUserNamespace(sandbox, container)) {
    return std::nullopt;
  }
  return Finding{"runAsUser=0", base::StrCat(Quoted(container), " must not set runAsUser=0")};
}

}  // namespace sekisho::policy
