#include "policy/spec.h"

#include <gtest/gtest.h>

#include <set>

namespace sekisho::policy {
namespace {

TEST(Spec, LevelsReadAsKubernetesWritesThem) {
  EXPECT_EQ((LevelVersion{Level::kRestricted, {}}.ToString()), "restricted:latest");
  EXPECT_EQ((LevelVersion{Level::kBaseline, {34}}.ToString()), "baseline:v1.34");
  EXPECT_EQ((LevelVersion{Level::kPrivileged, {0}}.ToString()), "privileged:v1.0");
}

TEST(Spec, WithoutASettingBaselineIsEnforced) {
  EXPECT_EQ(Spec().enforce.level, Level::kBaseline);
  EXPECT_EQ(Spec().exemption_reason, std::nullopt);
  EXPECT_FALSE(Spec().privileged_decided_per_container);
}

TEST(Spec, EveryGroupHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kCheckGroupCount; ++i) {
    names.insert(CheckGroupName(static_cast<CheckGroup>(i)));
  }
  EXPECT_EQ(names.size(), kCheckGroupCount);
  EXPECT_EQ(CheckGroupName(CheckGroup::kAllowPrivilegeEscalation), "allowPrivilegeEscalation");
  EXPECT_EQ(CheckGroupName(CheckGroup::kSysctls), "sysctls");
}

// CRI cannot tell an unset profile, which baseline allows, from Unconfined, which it does not.
TEST(Spec, OnlySeccompIsHardenedByDefault) {
  Spec spec;
  spec.on_violation = DefaultOnViolation();
  for (size_t i = 0; i < kCheckGroupCount; ++i) {
    const auto group = static_cast<CheckGroup>(i);
    EXPECT_EQ(spec.For(group),
              group == CheckGroup::kSeccomp ? OnViolation::kHarden : OnViolation::kDeny)
        << CheckGroupName(group);
  }
}

}  // namespace
}  // namespace sekisho::policy
