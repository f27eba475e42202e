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

struct Additions {
  std::vector<std::string> containers;  // in order
  std::set<std::string> names;          // of capabilities, of all containers together
};

// Everything that is added by whatever list. The kubelet never fills in the ambient list, and
// containerd drops it; other runtimes grant it.
Additions ForbiddenAdditions(const Subject& subject, bool (*allowed)(std::string_view)) {
  Additions forbidden;
  for (const ContainerFacts& container : subject.containers) {
    bool adds = false;
    for (const auto* names : {&container.capabilities_add, &container.capabilities_ambient}) {
      for (const std::string& name : *names) {
        if (!allowed(name)) {
          forbidden.names.insert(name);
          adds = true;
        }
      }
    }
    if (adds) {
      forbidden.containers.push_back(container.name);
    }
  }
  return forbidden;
}

std::string MustNotInclude(const Additions& forbidden) {
  return base::StrCat(ContainersText(forbidden.containers), " must not include ",
                      JoinQuoted({forbidden.names.begin(), forbidden.names.end()}),
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

std::optional<Finding> CapabilitiesBaseline(const Question& question) {
  const Additions forbidden = ForbiddenAdditions(question.subject, IsBaselineAddition);
  if (forbidden.names.empty()) {
    return std::nullopt;
  }
  return Finding{"non-default capabilities", MustNotInclude(forbidden)};
}

std::optional<Finding> CapabilitiesRestricted(const Question& question) {
  if (IsExemptWindowsPod(question)) {
    return std::nullopt;
  }
  // Exactly "ALL", as upstream demands, although the runtime would take "all".
  const std::vector<std::string> undropped =
      NamesWhere(question.subject, [](const ContainerFacts& container) {
        return std::ranges::find(container.capabilities_drop, "ALL") ==
               container.capabilities_drop.end();
      });
  std::vector<std::string> details;
  if (!undropped.empty()) {
    details.push_back(base::StrCat(ContainersText(undropped),
                                   " must set securityContext.capabilities.drop=[\"ALL\"]"));
  }
  const Additions forbidden = ForbiddenAdditions(question.subject, IsRestrictedAddition);
  if (!forbidden.names.empty()) {
    details.push_back(MustNotInclude(forbidden));
  }
  if (details.empty()) {
    return std::nullopt;
  }
  return Finding{"unrestricted capabilities", base::StrJoin(details, "; ")};
}

}  // namespace sekisho::policy
