#include "policy/spec.h"

#include "base/str_cat.h"

namespace sekisho::policy {
namespace {

struct GroupRow {
  CheckGroup group;
  std::string_view name;
  bool repairable;
  std::string_view why;
};

// In the order of CheckGroup.
constexpr auto kGroups = std::to_array<GroupRow>({
    {CheckGroup::kAllowPrivilegeEscalation, "allowPrivilegeEscalation", true,
     "no_new_privs is set"},
    {CheckGroup::kAppArmor, "appArmor", true, "RuntimeDefault is set"},
    {CheckGroup::kCapabilities, "capabilities", true, "additions are stripped, ALL is dropped"},
    {CheckGroup::kHostNamespaces, "hostNamespaces", false, "the pod relies on what it would lose"},
    {CheckGroup::kHostPorts, "hostPorts", false, "the pod could not be reached"},
    {CheckGroup::kPrivileged, "privileged", false, "the container relies on what it would lose"},
    {CheckGroup::kProcMount, "procMount", true, "the default paths are masked"},
    {CheckGroup::kRunAsNonRoot, "runAsNonRoot", false, "files belong to the user it was built for"},
    {CheckGroup::kRunAsUser, "runAsUser", false, "files belong to the user it was built for"},
    {CheckGroup::kSeccomp, "seccomp", true, "the node's profile is attached"},
    {CheckGroup::kSELinux, "seLinux", false, "a label cannot be guessed"},
    {CheckGroup::kSysctls, "sysctls", false, "the pod would run with settings it did not ask for"},
});
static_assert(kGroups.size() == kCheckGroupCount);

const GroupRow& RowOf(CheckGroup group) {
  return kGroups[static_cast<size_t>(group)];
}

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kPrivileged:
      return "privileged";
    case Level::kBaseline:
      return "baseline";
    case Level::kRestricted:
      return "restricted";
  }
  return "unknown";
}

std::string LevelVersion::ToString() const {
  return version.minor.has_value() ? base::StrCat(LevelName(level), ":v1.", *version.minor)
                                   : base::StrCat(LevelName(level), ":latest");
}

std::string_view CheckGroupName(CheckGroup group) {
  return RowOf(group).name;
}

bool IsRepairable(CheckGroup group) {
  return RowOf(group).repairable;
}

std::array<OnViolation, kCheckGroupCount> DefaultOnViolation() {
  std::array<OnViolation, kCheckGroupCount> actions;
  actions.fill(OnViolation::kDeny);
  actions[static_cast<size_t>(CheckGroup::kSeccomp)] = OnViolation::kHarden;
  return actions;
}

}  // namespace sekisho::policy
