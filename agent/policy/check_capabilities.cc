// What a container may add to, and must take from, its capabilities.
#include <algorithm>
#include <array>
#include <set>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "policy/capability_rules.h"
#include "policy/checks.h"

namespace sekisho::policy {
namespace {

// Everything a container adds by whatever list, sorted and once. The kubelet never fills in the
// ambient list, and containerd drops it; other runtimes grant it.
std::vector<std::string> ForbiddenAdditions(const ContainerFacts& container,
                                            bool (*allowed)(std::string_view)) {
  std::set<std::string> forbidden;
  for (const auto* names : {&container.capabilities_add, &container.capabilities_ambient}) {
    std::ranges::copy_if(*names, std::inserter(forbidden, forbidden.end()),
                         [allowed](const std::string& name) { return !allowed(name); });
  }
  return {forbidden.begin(), forbidden.end()};
}

std::string MustNotInclude(const ContainerFacts& container,
                           const std::vector<std::string>& forbidden) {
  return base::StrCat(Quoted(container), " must not include ", JoinQuoted(forbidden),
                      " in securityContext.capabilities.add");
}

}  // namespace

bool IsBaselineAddition(std::string_view name) {
  // NET_RAW is in the runtime's default set, and yet may not be listed: PSS leaves it out so that a
  // cluster can take it away. The comparison is exact, as upstream's: "chown" is refused although
  // the runtime would understand it.
  static constexpr auto kAllowed = std::to_array<std::string_view>(
      {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
       "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"});
  return std::ranges::binary_search(kAllowed, name);
}

bool IsRestrictedAddition(std::string_view name) {
  return name == "NET_BIND_SERVICE";
}

std::optional<Finding> CapabilitiesBaseline(const Spec&, const SandboxFacts&,
                                            const ContainerFacts& container) {
  const std::vector<std::string> forbidden = ForbiddenAdditions(container, IsBaselineAddition);
  if (forbidden.empty()) {
    return std::nullopt;
  }
  return Finding{"non-default capabilities", MustNotInclude(container, forbidden)};
}

std::optional<Finding> CapabilitiesRestricted(const Spec&, const SandboxFacts&,
                                              const ContainerFacts& container) {
  std::vector<std::string> details;
  // Exactly "ALL", as upstream demands, although the runtime would take "all".
  if (std::ranges::find(container.capabilities_drop, "ALL") == container.capabilities_drop.end()) {
    details.push_back(
        base::StrCat(Quoted(container), " must set securityContext.capabilities.drop=[\"ALL\"]"));
  }
  const std::vector<std::string> forbidden = ForbiddenAdditions(container, IsRestrictedAddition);
  if (!forbidden.empty()) {
    details.push_back(MustNotInclude(container, forbidden));
  }
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{"unrestricted capabilities", base::StrJoin(details, "; ")};
}

}  // namespace sekisho::policy
