// The checks, as a table.
//
// Each check is Kubernetes' own (k8s.io/pod-security-admission, package policy) as far as CRI shows
// what it looks at, or one of ours where CRI can say what a pod cannot. A check is a pure function
// over facts that says what is wrong, in upstream's words; what becomes of it is decided elsewhere.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

struct Finding {
  std::string reason;
  std::string detail;  // may be empty
};

using SandboxCheck = std::optional<Finding> (*)(const Spec&, const SandboxFacts&);
using ContainerCheck = std::optional<Finding> (*)(const Spec&, const SandboxFacts&,
                                                  const ContainerFacts&);

struct Check {
  std::string_view id;
  // Nothing for a check of ours, which can only refuse.
  std::optional<CheckGroup> group;
  Level level;                 // the lowest level that it belongs to
  std::string_view overrides;  // at restricted, the baseline check whose place this one takes
  SandboxCheck sandbox;        // null: nothing to look at there
  ContainerCheck container;    // null: likewise
  std::string_view why;        // where the rule is from, and what it is for
};

// In the order in which Kubernetes reports: baseline by id, then restricted by id, then ours.
std::span<const Check> Checks();

// Whether `check` is looked at when `level` is evaluated. Never at privileged.
bool IsActive(const Check& check, Level level);

// --- the checks' functions, by file
// ----------------------------------------------------------------

// check_sandbox.cc: what is pod-wide.
std::optional<Finding> SandboxHostNamespaces(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerHostNamespaces(const Spec&, const SandboxFacts&,
                                               const ContainerFacts&);
std::optional<Finding> SandboxHostPorts(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerHostPorts(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> SandboxPrivileged(const Spec&, const SandboxFacts&);
std::optional<Finding> SandboxSysctls(const Spec&, const SandboxFacts&);
std::optional<Finding> SandboxRunAsUser(const Spec&, const SandboxFacts&);

// check_capabilities.cc
std::optional<Finding> CapabilitiesBaseline(const Spec&, const SandboxFacts&,
                                            const ContainerFacts&);
std::optional<Finding> CapabilitiesRestricted(const Spec&, const SandboxFacts&,
                                              const ContainerFacts&);

// check_profiles.cc: seccomp, AppArmor, SELinux.
std::optional<Finding> SandboxAppArmor(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerAppArmor(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> SandboxSELinux(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerSELinux(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> SeccompBaseline(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> SeccompRestricted(const Spec&, const SandboxFacts&, const ContainerFacts&);
// A profile file outside the kubelet's seccomp directory, which Kubernetes can never name.
std::optional<Finding> SeccompLocalhostPath(const Spec&, const SandboxFacts&,
                                            const ContainerFacts&);

// check_container.cc: what one container asks for.
std::optional<Finding> ContainerPrivileged(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> AllowPrivilegeEscalation(const Spec&, const SandboxFacts&,
                                                const ContainerFacts&);
std::optional<Finding> ProcMountBaseline(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> ProcMountRestricted(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> RunAsNonRoot(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> ContainerRunAsUser(const Spec&, const SandboxFacts&, const ContainerFacts&);

// check_integrity.cc: ours.
std::optional<Finding> SandboxUnknownField(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerUnknownField(const Spec&, const SandboxFacts&,
                                             const ContainerFacts&);
std::optional<Finding> SandboxWindows(const Spec&, const SandboxFacts&);
std::optional<Finding> ContainerWindows(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> NamespaceMismatch(const Spec&, const SandboxFacts&, const ContainerFacts&);
std::optional<Finding> UnreadableAnnotation(const Spec&, const SandboxFacts&,
                                            const ContainerFacts&);

// --- what several of them share
// --------------------------------------------------------------------

// `container "name"`
std::string Quoted(const ContainerFacts& container);
// `"a", "b"`
std::string JoinQuoted(const std::vector<std::string>& names);
// Whether the container runs in a user namespace of its own pod: the message is there, its mode is
// POD (which is the zero value, so alone it proves nothing), it maps ids, every host id is above
// the node's own users, and container and sandbox say the same.
bool InUserNamespace(const SandboxFacts& sandbox, const ContainerFacts& container);
// The profile a runtime could end up with, the weaker where the current and the deprecated field
// disagree. Never kAbsent: nothing set means unconfined.
SecurityProfile EffectiveSeccomp(const ContainerFacts& container);
// Likewise; kAbsent means the runtime's default profile, which AppArmor has.
SecurityProfile EffectiveAppArmor(const ContainerFacts& container);
// What a container must not see of /proc and /sys. The lists of a current kubelet.
std::span<const std::string_view> DefaultMaskedPaths();
std::span<const std::string_view> DefaultReadonlyPaths();
// Whether the two lists hold at least what every kubelet of the last years sends for "Default".
bool IsProcMasked(const ContainerFacts& container);

}  // namespace sekisho::policy
