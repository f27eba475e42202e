#include "policy/spec.h"

#include <algorithm>
#include <charconv>

#include "base/str_cat.h"
#include "policy/steering_annotations.h"

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
    {CheckGroup::kAllowedCapabilities, "allowedCapabilities", true, "other additions are stripped"},
    {CheckGroup::kAppArmor, "appArmor", true, "RuntimeDefault is set"},
    {CheckGroup::kCapabilities, "capabilities", true, "additions are stripped, ALL is dropped"},
    {CheckGroup::kDefaultAddCapabilities, "defaultAddCapabilities", true, "they are added"},
    {CheckGroup::kHostNamespaces, "hostNamespaces", false, "the pod relies on what it would lose"},
    {CheckGroup::kHostPorts, "hostPorts", false, "the pod could not be reached"},
    {CheckGroup::kHostProbes, "hostProbes", false, "the kubelet, not the runtime, calls the host"},
    {CheckGroup::kPrivileged, "privileged", false, "the container relies on what it would lose"},
    {CheckGroup::kProcMount, "procMount", true, "the default paths are masked"},
    {CheckGroup::kReadOnlyRootFilesystem, "readOnlyRootFilesystem", true, "readonly_rootfs is set"},
    {CheckGroup::kRequiredDropCapabilities, "requiredDropCapabilities", true, "they are dropped"},
    {CheckGroup::kRunAsNonRoot, "runAsNonRoot", false, "files belong to the user it was built for"},
    {CheckGroup::kRunAsUser, "runAsUser", false, "files belong to the user it was built for"},
    {CheckGroup::kSeccomp, "seccomp", true, "the node's profile is attached"},
    {CheckGroup::kSELinux, "seLinux", true,
     "the control's label is set, or the forbidden parts are cleared"},
    {CheckGroup::kSysctls, "sysctls", true, "forbidden ones are taken out of the request"},
    {CheckGroup::kVolumes, "volumes", false, "the container relies on what it would lose"},
    {CheckGroup::kWindowsHostProcess, "windowsHostProcess", false,
     "the container relies on what it would lose"},
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

std::optional<Level> ParseLevel(std::string_view name) {
  for (const Level level : {Level::kPrivileged, Level::kBaseline, Level::kRestricted}) {
    if (name == LevelName(level)) {
      return level;
    }
  }
  return std::nullopt;
}

std::optional<Version> ParseVersion(std::string_view text) {
  constexpr std::string_view kMajor = "v1.";
  if (text == "latest") {
    return Version{};
  }
  if (!text.starts_with(kMajor)) {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(kMajor.size());
  int minor = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  const bool all_digits =
      !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!all_digits || (digits.size() > 1 && digits[0] == '0') || error != std::errc() ||
      end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return Version{minor};
}

int Version::Clamped() const {
  return std::min(minor.value_or(kLatestMinor), kLatestMinor);
}

std::string LevelVersion::ToString() const {
  return version.minor.has_value() ? base::StrCat(LevelName(level), ":v1.", *version.minor)
                                   : base::StrCat(LevelName(level), ":latest");
}

std::string_view LabelModeName(LabelMode mode) {
  switch (mode) {
    case LabelMode::kFloor:
      return "floor";
    case LabelMode::kFollow:
      return "follow";
    case LabelMode::kIgnore:
      return "ignore";
  }
  return "unknown";
}

std::string_view WhenStaleName(WhenStale when) {
  switch (when) {
    case WhenStale::kKeep:
      return "keep";
    case WhenStale::kFilePolicy:
      return "filePolicy";
    case WhenStale::kRestricted:
      return "restricted";
  }
  return "unknown";
}

std::string_view LevelSourceName(LevelSource source) {
  switch (source) {
    case LevelSource::kPolicy:
      return "";
    case LevelSource::kLabels:
      return "labels";
    case LevelSource::kStaleLabels:
      return "stale-labels";
    case LevelSource::kStale:
      return "stale";
    case LevelSource::kUnknownNamespace:
      return "unknown-namespace";
    case LevelSource::kStaticBeforeSync:
      return "static-before-sync";
  }
  return "unknown";
}

std::string Spec::EnforcedText() const {
  return also_enforce.has_value()
             ? base::StrCat(enforce.ToString(), " and ", also_enforce->ToString())
             : enforce.ToString();
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
  // A default is there to be applied.
  actions[static_cast<size_t>(CheckGroup::kDefaultAddCapabilities)] = OnViolation::kHarden;
  return actions;
}

Spec DefaultSpec() {
  Spec spec;
  spec.on_violation = DefaultOnViolation();
  spec.annotations.deny = AllSteeringPatterns();
  return spec;
}

}  // namespace sekisho::policy
