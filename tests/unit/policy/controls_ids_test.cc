// Controls of PodSecurityPolicy over users and groups.
#include <gtest/gtest.h>

#include "policy/checks.h"
#include "policy/evaluate.h"
#include "unit/policy/check_case.h"
#include "unit/policy/control_tables.h"

namespace sekisho::policy {
namespace {

void MustRunAs(Request& r) {
  r.spec.controls.run_as_user = {IdRule::Kind::kMustRunAs, {{1000, 1999}, {0, 0}}};
}
void MustRunAsNonRoot(Request& r) {
  r.spec.controls.run_as_user = {IdRule::Kind::kMustRunAsNonRoot, {}};
}
void MustHaveGroup(Request& r) {
  r.spec.controls.run_as_group = {IdRule::Kind::kMustRunAs, {{10, 20}}};
}
void MayHaveGroup(Request& r) {
  r.spec.controls.run_as_group = {IdRule::Kind::kMayRunAs, {{10, 20}}};
}

constexpr CheckCase kIdRows[] = {
    {"a user in a range",
     [](Request& r) {
       MustRunAs(r);
       r.container.run_as_user = 1999;
     }},
    {"root, where a range has it",
     [](Request& r) {
       MustRunAs(r);
       r.container.run_as_user = 0;
     }},
    {"a user in none",
     [](Request& r) {
       MustRunAs(r);
       r.container.run_as_user = 999;
     },
     "control/runAsUser",
     "runAsUser (container \"container1\" must run with a securityContext.runAsUser of 1000-1999, "
     "0)"},
    {"no user: the image's counts, and nobody said which",
     [](Request& r) {
       MustRunAs(r);
       r.container.run_as_user.reset();
     },
     "control/runAsUser"},
    {"a name overrides the number",
     [](Request& r) {
       MustRunAs(r);
       r.container.run_as_user = 1000;
       r.container.run_as_username = "1000";
     },
     "control/runAsUser"},
    {"a number that wraps around is in no range, however wide",
     [](Request& r) {
       r.spec.controls.run_as_user = {IdRule::Kind::kMustRunAs, {{0, INT64_MAX}}};
       r.container.run_as_user = 4294967296;
     },
     "control/runAsUser"},
    {"not root",
     [](Request& r) {
       MustRunAsNonRoot(r);
       r.container.run_as_user = 1;
     }},
    {"root, which must not be",
     [](Request& r) {
       MustRunAsNonRoot(r);
       r.container.run_as_user = 0;
     },
     "control/runAsUser",
     "runAsUser (container \"container1\" must run as a user that is not root)"},
    {"nobody knows who",
     [](Request& r) {
       MustRunAsNonRoot(r);
       r.container.run_as_user.reset();
     },
     "control/runAsUser"},
    {"a name may be root's",
     [](Request& r) {
       MustRunAsNonRoot(r);
       r.container.run_as_username = "nobody";
     },
     "control/runAsUser"},
    {"a group in the range",
     [](Request& r) {
       MustHaveGroup(r);
       r.container.run_as_group = 10;
     }},
    {"a group beside it",
     [](Request& r) {
       MayHaveGroup(r);
       r.container.run_as_group = 21;
     },
     "control/runAsGroup",
     "runAsGroup (container \"container1\" must run with a securityContext.runAsGroup of 10-20)"},
    {"no group, which must be", MustHaveGroup, "control/runAsGroup"},
    {"no group, which may be", MayHaveGroup},
    {"supplemental groups, one of them beside the range",
     [](Request& r) {
       r.spec.controls.supplemental_groups = {IdRule::Kind::kMayRunAs, {{10, 20}}};
       r.container.supplemental_groups = {10, 0};
     },
     "control/supplementalGroups",
     "supplementalGroups (container \"container1\" must run with supplementalGroups (and fsGroup) "
     "of 10-20)"},
    {"none, which may be",
     [](Request& r) {
       r.spec.controls.supplemental_groups = {IdRule::Kind::kMayRunAs, {{10, 20}}};
     }},
    {"none, which must be",
     [](Request& r) {
       r.spec.controls.supplemental_groups = {IdRule::Kind::kMustRunAs, {{10, 20}}};
     },
     "control/supplementalGroups"},
};

}  // namespace

std::vector<CheckTable> ControlIdTables() {
  return {{"ids", Level::kPrivileged, Judged::kContainer, kIdRows}};
}

namespace {

TEST(Controls, AManifestCanSayNonRootWithoutANumber) {
  Request r = LegalRequest(Level::kPrivileged);
  MustRunAsNonRoot(r);
  r.container.run_as_user.reset();
  DeclaredPod pod;
  pod.containers.resize(1);
  const Subject subject{.sandbox = r.sandbox,
                        .containers = {&r.container, 1},
                        .declared = &pod,
                        .scope = Scope::kPod};
  const auto ids = [&] { return Ids(ViolationsOf(r.spec, r.spec.enforce, subject)); };
  EXPECT_EQ(ids(), "control/runAsUser");
  pod.context.run_as_non_root = true;
  EXPECT_EQ(ids(), "");
  pod.containers[0].context.run_as_non_root = false;
  EXPECT_EQ(ids(), "control/runAsUser");
}

}  // namespace
}  // namespace sekisho::policy
