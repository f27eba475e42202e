#include "policy/spec.h"

#include <gtest/gtest.h>

#include <set>

#include "policy/steering_annotations.h"

namespace sekisho::policy {
namespace {

TEST(Spec, LevelsReadAsKubernetesWritesThem) {
  EXPECT_EQ((LevelVersion{Level::kRestricted, {}}.ToString()), "restricted:latest");
  EXPECT_EQ((LevelVersion{Level::kBaseline, {34}}.ToString()), "baseline:v1.34");
  EXPECT_EQ((LevelVersion{Level::kPrivileged, {0}}.ToString()), "privileged:v1.0");
  EXPECT_EQ((LevelVersion{Level::kBaseline, {50}}.ToString()), "baseline:v1.50")
      << "as it was asked for, not as it is looked at";
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

// CRI cannot tell an unset profile, which baseline allows, from Unconfined, which it does not. And
// capabilities that a control adds by default are there to be added.
TEST(Spec, OnlySeccompAndDefaultsAreHardenedByDefault) {
  Spec spec;
  spec.on_violation = DefaultOnViolation();
  for (size_t i = 0; i < kCheckGroupCount; ++i) {
    const auto group = static_cast<CheckGroup>(i);
    const bool hardened =
        group == CheckGroup::kSeccomp || group == CheckGroup::kDefaultAddCapabilities;
    EXPECT_EQ(spec.For(group), hardened ? OnViolation::kHarden : OnViolation::kDeny)
        << CheckGroupName(group);
  }
}

TEST(Spec, BeforeAPolicyFileSaysAnythingWhatSteersARuntimeIsDenied) {
  const Spec spec = DefaultSpec();
  EXPECT_EQ(spec.enforce, (LevelVersion{Level::kBaseline, {}}));
  EXPECT_EQ(spec.on_violation, DefaultOnViolation());
  EXPECT_EQ(spec.annotations.deny, AllSteeringPatterns());
  EXPECT_EQ(spec.annotations.allow, std::vector<std::string>());
  EXPECT_EQ(spec.annotations.strip, std::vector<std::string>());
  EXPECT_EQ(spec.controls, Controls());
  EXPECT_EQ(spec.trust, Trust());
}

// Pod Security Admission looks at the newest version it has for one that is newer still.
TEST(Spec, AVersionIsClampedToTheNewestThatIsKnown) {
  EXPECT_EQ(Version{}.Clamped(), 37);
  EXPECT_EQ(Version{37}.Clamped(), 37);
  EXPECT_EQ(Version{38}.Clamped(), 37);
  EXPECT_EQ(Version{1000}.Clamped(), 37);
  EXPECT_EQ(Version{36}.Clamped(), 36);
  EXPECT_EQ(Version{0}.Clamped(), 0);
}

}  // namespace
}  // namespace sekisho::policy
