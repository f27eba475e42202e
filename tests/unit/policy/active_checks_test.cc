// Which checks of the Pod Security Standards each version has, held against a table of our own:
// what upstream's change log says, not what the code's table says.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "policy/checks.h"

namespace sekisho::policy {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct Added {
  int minor;
  std::vector<std::string> baseline;
  std::vector<std::string> restricted;
};

std::vector<Added> History() {
  return {
      {0,
       {"appArmorProfile", "capabilities_baseline", "hostNamespaces", "hostPathVolumes",
        "hostPorts", "privileged", "procMount", "seLinuxOptions", "seccompProfile_baseline",
        "sysctls", "windowsHostProcess"},
       {"restrictedVolumes", "runAsNonRoot"}},
      {8, {}, {"allowPrivilegeEscalation"}},
      {19, {}, {"seccompProfile_restricted"}},
      {22, {}, {"capabilities_restricted"}},
      {23, {}, {"runAsUser"}},
      {34, {"hostProbesAndHostLifecycle"}, {}},
      {35, {}, {"procMount_restricted"}},
  };
}

// At restricted, from the version on that has the first of each pair.
const std::map<std::string, std::string> kInPlaceOf = {
    {"capabilities_restricted", "capabilities_baseline"},
    {"procMount_restricted", "procMount"},
    {"restrictedVolumes", "hostPathVolumes"},
    {"seccompProfile_restricted", "seccompProfile_baseline"},
};

// Baseline by id, then restricted by id: byte by byte, so seLinuxOptions is before seccompProfile.
std::vector<std::string> Expected(Level level, int minor) {
  std::set<std::string> baseline;
  std::set<std::string> restricted;
  for (const Added& added : History()) {
    if (level != Level::kPrivileged && added.minor <= minor) {
      baseline.insert(added.baseline.begin(), added.baseline.end());
    }
    if (level == Level::kRestricted && added.minor <= minor) {
      restricted.insert(added.restricted.begin(), added.restricted.end());
    }
  }
  for (const std::string& id : restricted) {
    if (const auto old = kInPlaceOf.find(id); old != kInPlaceOf.end()) {
      baseline.erase(old->second);
    }
  }
  std::vector<std::string> ids(baseline.begin(), baseline.end());
  ids.insert(ids.end(), restricted.begin(), restricted.end());
  return ids;
}

std::vector<std::string> Active(Level level, int minor, bool controls, CheckKind kind) {
  std::vector<std::string> ids;
  for (const Check* check : ActiveChecks(level, minor, controls)) {
    if (check->kind == kind) {
      ids.emplace_back(check->id);
    }
  }
  return ids;
}

std::vector<std::string> All(CheckKind kind) {
  std::vector<std::string> ids;
  for (const Check& check : Checks()) {
    if (check.kind == kind) {
      ids.emplace_back(check.id);
    }
  }
  return ids;
}

constexpr Level kLevels[] = {Level::kPrivileged, Level::kBaseline, Level::kRestricted};

TEST(ActiveChecks, AreThoseOfTheLevelAndTheVersion) {
  for (const Level level : kLevels) {
    for (int minor = 0; minor <= kLatestMinor; ++minor) {
      EXPECT_THAT(Active(level, minor, false, CheckKind::kPodSecurity),
                  ElementsAreArray(Expected(level, minor)))
          << LevelName(level) << ":v1." << minor;
    }
  }
}

// The table above is right about the newest version at least: as upstream prints them.
TEST(ActiveChecks, OfTheNewestVersion) {
  EXPECT_THAT(Active(Level::kRestricted, kLatestMinor, false, CheckKind::kPodSecurity),
              ::testing::ElementsAre(
                  "appArmorProfile", "hostNamespaces", "hostPorts", "hostProbesAndHostLifecycle",
                  "privileged", "seLinuxOptions", "sysctls", "windowsHostProcess",
                  "allowPrivilegeEscalation", "capabilities_restricted", "procMount_restricted",
                  "restrictedVolumes", "runAsNonRoot", "runAsUser", "seccompProfile_restricted"));
}

// Those of ours are about the request, not about a version of Kubernetes.
TEST(ActiveChecks, OursAreThereInEveryVersionWhereSomethingIsEnforced) {
  for (int minor = 0; minor <= kLatestMinor; ++minor) {
    EXPECT_THAT(Active(Level::kPrivileged, minor, true, CheckKind::kIntegrity), IsEmpty());
    for (const Level level : {Level::kBaseline, Level::kRestricted}) {
      EXPECT_THAT(Active(level, minor, false, CheckKind::kIntegrity),
                  ElementsAreArray(All(CheckKind::kIntegrity)));
    }
  }
}

// A control holds at every level, and only where it is asked for: never for audit and warn.
TEST(ActiveChecks, ControlsAreThereWhereTheyAreAskedFor) {
  for (const Level level : kLevels) {
    for (int minor = 0; minor <= kLatestMinor; ++minor) {
      EXPECT_THAT(Active(level, minor, true, CheckKind::kControl),
                  ElementsAreArray(All(CheckKind::kControl)));
      EXPECT_THAT(Active(level, minor, false, CheckKind::kControl), IsEmpty());
      EXPECT_THAT(Active(level, minor, true, CheckKind::kPodSecurity),
                  ElementsAreArray(Expected(level, minor)));
    }
  }
}

TEST(ActiveChecks, EveryIdIsThereOnce) {
  std::set<std::string_view> ids;
  for (const Check& check : Checks()) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id;
  }
}

}  // namespace
}  // namespace sekisho::policy
