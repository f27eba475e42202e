// `seccomp.localhost`: what is read, inherited, warned about, and wrong.
#include <gmock/gmock.h>

#include "policy/policy.h"
#include "seccomp/groups.h"
#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using policy::SeccompTarget;
using policy::Spec;
using seccomp::Demands;
using seccomp::DockerFormat;
using seccomp::Floor;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class SeccompDemands : public ConfigFiles {
 protected:
  void SetUp() override {
    ConfigFiles::SetUp();
    Write("kubelet/seccomp/web.json", StrictProfile());
    MakeDirectory("kubelet/seccomp/team");
    Write("kubelet/seccomp/team/floor.json", StrictProfile());
  }
  static std::string Localhost(const std::string& demands) {
    return std::string(kPolicyHeader) + "seccomp: {localhost: {" + demands + "}}\n";
  }
  Spec DefaultsOf(const std::string& demands) {
    const auto result = LoadPolicyText(Localhost(demands));
    EXPECT_THAT(Texts(result.errors), IsEmpty()) << demands;
    return result.ok() ? result.value.policy->defaults() : Spec();
  }
};

TEST_F(SeccompDemands, TheDefaults) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader));
  ASSERT_TRUE(result.ok());
  const Spec& spec = result.value.policy->defaults();
  EXPECT_EQ(spec.localhost, Demands());
  EXPECT_EQ(spec.localhost.floor.kind, Floor::Kind::kRuntimeDefault);
  EXPECT_THAT(spec.localhost.must_deny, IsEmpty());
  EXPECT_EQ(spec.localhost.docker_format, DockerFormat::kResolve);
  EXPECT_FALSE(spec.localhost.allow_unconfined_in_disguise);
  EXPECT_EQ(spec.missing_profile, std::nullopt);
  // Spelt out they are the same.
  const Spec same = DefaultsOf(
      "floor: RuntimeDefault, mustDeny: [], dockerFormat: resolve, missing: deny, "
      "unconfinedInDisguise: deny");
  EXPECT_EQ(same.localhost, spec.localhost);
  EXPECT_EQ(same.missing_profile, spec.missing_profile);
}

TEST_F(SeccompDemands, EveryFormOfEveryKey) {
  EXPECT_EQ(DefaultsOf("floor: none").localhost.floor, (Floor{Floor::Kind::kNone, ""}));
  EXPECT_EQ(DefaultsOf("floor: {localhost: team/floor.json}").localhost.floor,
            (Floor{Floor::Kind::kFile, Path("kubelet/seccomp/team/floor.json")}));
  EXPECT_EQ(DefaultsOf("dockerFormat: deny").localhost.docker_format, DockerFormat::kDeny);
  EXPECT_EQ(DefaultsOf("dockerFormat: warn").localhost.docker_format, DockerFormat::kWarn);
  EXPECT_EQ(DefaultsOf("missing: RuntimeDefault").missing_profile, SeccompTarget{});
  EXPECT_EQ(DefaultsOf("missing: {localhost: web.json}").missing_profile,
            SeccompTarget{Path("kubelet/seccomp/web.json")});
  EXPECT_TRUE(DefaultsOf("unconfinedInDisguise: allow").localhost.allow_unconfined_in_disguise);
}

TEST_F(SeccompDemands, GroupsAreExpandedAndNamesSortedAndThereOnce) {
  std::vector<std::string> expected = {"umask", "bpf"};
  const seccomp::Group* mount = seccomp::GroupNamed("@mount");
  ASSERT_NE(mount, nullptr);
  expected.insert(expected.end(), mount->members.begin(), mount->members.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(DefaultsOf("mustDeny: [umask, \"@mount\", mount, bpf]").localhost.must_deny, expected);
}

TEST_F(SeccompDemands, ARuleInheritsKeyByKey) {
  const auto result = LoadPolicyText(std::string(kPolicyHeader) + R"(
seccomp:
  localhost:
    floor: {localhost: team/floor.json}
    mustDeny: [bpf]
    dockerFormat: deny
    missing: RuntimeDefault
    unconfinedInDisguise: allow
rules:
- match: {namespaces: [nothing]}
- match: {namespaces: [empty]}
  seccomp: {localhost: {}}
- match: {namespaces: [floor]}
  seccomp: {localhost: {floor: RuntimeDefault}}
- match: {namespaces: [must-deny]}
  seccomp: {localhost: {mustDeny: []}}
- match: {namespaces: [docker]}
  seccomp: {localhost: {dockerFormat: resolve}}
- match: {namespaces: [missing]}
  seccomp: {localhost: {missing: deny}}
- match: {namespaces: [missing-other]}
  seccomp: {localhost: {missing: {localhost: web.json}}}
- match: {namespaces: [disguise]}
  seccomp: {localhost: {unconfinedInDisguise: deny}}
)");
  ASSERT_THAT(Texts(result.errors), IsEmpty());
  const auto of = [&](const std::string& name) {
    policy::PodIdentity pod;
    pod.namespace_ = name;
    return *result.value.policy->ForContainer(pod, "c", kNow);
  };
  const Spec& defaults = result.value.policy->defaults();
  const struct {
    std::string name;
    void (*change)(Spec&);
  } rules[] = {
      {"nothing", [](Spec&) {}},
      {"empty", [](Spec&) {}},
      {"floor", [](Spec& spec) { spec.localhost.floor = {}; }},
      {"must-deny", [](Spec& spec) { spec.localhost.must_deny.clear(); }},
      {"docker", [](Spec& spec) { spec.localhost.docker_format = DockerFormat::kResolve; }},
      {"missing", [](Spec& spec) { spec.missing_profile.reset(); }},
      {"missing-other",
       [](Spec& spec) {
         spec.missing_profile = SeccompTarget{spec.node.seccomp_root + "/web.json"};
       }},
      {"disguise", [](Spec& spec) { spec.localhost.allow_unconfined_in_disguise = false; }},
  };
  for (const auto& rule : rules) {
    Spec expected = defaults;
    rule.change(expected);
    EXPECT_EQ(of(rule.name).localhost, expected.localhost) << rule.name;
    EXPECT_EQ(of(rule.name).missing_profile, expected.missing_profile) << rule.name;
  }
}

// --- warnings
// ---------------------------------------------------------------------------------------

TEST_F(SeccompDemands, WhatWeakensIsWarnedAbout) {
  const auto warnings_of = [&](const std::string& text) {
    return Texts(LoadPolicyText(text).value.warnings);
  };
  EXPECT_THAT(warnings_of(Localhost("floor: none")),
              ElementsAre("policy.yaml:4:30: seccomp.localhost.floor: weakens "
                          "localhost-profile-floor: a Localhost profile may allow whatever it "
                          "likes"));
  EXPECT_THAT(warnings_of(Localhost("unconfinedInDisguise: allow")),
              ElementsAre("policy.yaml:4:45: seccomp.localhost.unconfinedInDisguise: weakens "
                          "localhost-profile-unconfined: a Localhost profile may be one that "
                          "refuses nothing that matters"));
  EXPECT_THAT(warnings_of(std::string(kPolicyHeader) +
                          "rules: [{match: {source: api}, seccomp: {localhost: {floor: none}}}]\n"),
              ElementsAre(StartsWith("policy.yaml:4:61: rules[0].seccomp.localhost.floor: ")));
  EXPECT_THAT(warnings_of(Localhost("floor: {localhost: web.json}, mustDeny: [], dockerFormat: "
                                    "warn, missing: RuntimeDefault, unconfinedInDisguise: deny")),
              IsEmpty());
}

// --- errors
// -----------------------------------------------------------------------------------------

TEST_F(SeccompDemands, Errors) {
  const std::string relative =
      " is not a clean relative path (name a file below the kubelet's seccomp directory, such as "
      "web.json)";
  const struct {
    std::string demands;
    std::string error;
  } cases[] = {
      {"flor: none",
       R"(policy.yaml:4:23: seccomp.localhost.flor: unknown key (did you mean "floor"?))"},
      {"floor: runtimedefault",
       R"(policy.yaml:4:30: seccomp.localhost.floor: unknown value "runtimedefault" (did you mean "RuntimeDefault"?))"},
      {"floor: deny",
       R"(policy.yaml:4:30: seccomp.localhost.floor: unknown value "deny" (one of: RuntimeDefault, none))"},
      {"floor: [none]",
       "policy.yaml:4:30: seccomp.localhost.floor: expected a single value, found a list"},
      {"floor: {}", "policy.yaml:4:30: seccomp.localhost.floor.localhost: is required and missing"},
      {"floor: {localhost: web.json, none: true}",
       "policy.yaml:4:52: seccomp.localhost.floor.none: unknown key (write localhost)"},
      {"floor: {localhost: /var/lib/kubelet/seccomp/web.json}",
       "policy.yaml:4:42: seccomp.localhost.floor.localhost: "
       "\"/var/lib/kubelet/seccomp/web.json\"" +
           relative},
      {"floor: {localhost: ../web.json}",
       "policy.yaml:4:42: seccomp.localhost.floor.localhost: \"../web.json\"" + relative},
      {"floor: {localhost: none.json}",
       "policy.yaml:4:42: seccomp.localhost.floor.localhost: the profile "
       "kubelet/seccomp/none.json does not exist (install the profile first)"},
      {"missing: none",
       R"(policy.yaml:4:32: seccomp.localhost.missing: unknown value "none" (one of: RuntimeDefault, deny))"},
      {"missing: {localhost: none.json}",
       "policy.yaml:4:44: seccomp.localhost.missing.localhost: the profile "
       "kubelet/seccomp/none.json does not exist (install the profile first)"},
      {"dockerFormat: allow",
       R"(policy.yaml:4:37: seccomp.localhost.dockerFormat: unknown value "allow" (one of: deny, warn, resolve))"},
      {"unconfinedInDisguise: \"true\"",
       R"(policy.yaml:4:45: seccomp.localhost.unconfinedInDisguise: unknown value "true" (one of: deny, allow))"},
      {"mustDeny: mount",
       "policy.yaml:4:33: seccomp.localhost.mustDeny: expected a list, found a single value"},
      {"mustDeny: [mount, mout]",
       R"(policy.yaml:4:41: seccomp.localhost.mustDeny[1]: "mout" is no system call (did you mean "mount"?))"},
      {"mustDeny: [\"\"]", "policy.yaml:4:34: seccomp.localhost.mustDeny[0]: must not be empty"},
      {"mustDeny: [\"@mont\"]",
       R"(policy.yaml:4:34: seccomp.localhost.mustDeny[0]: "@mont" is no group of system calls (did you mean "@mount"?))"},
      {"mustDeny: [\"@clone\"]",
       R"(policy.yaml:4:34: seccomp.localhost.mustDeny[0]: "@clone" is no group of system calls (did you mean "clone"?))"},
      {"mustDeny: [everything_there_is]",
       "policy.yaml:4:34: seccomp.localhost.mustDeny[0]: \"everything_there_is\" is no system "
       "call (see syscalls(2), or name a group such as \"@mount\")"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Texts(LoadPolicyText(Localhost(c.demands)).errors), ElementsAre(c.error))
        << c.demands;
  }
}

TEST_F(SeccompDemands, AGroupThatIsLikeNoneIsAnsweredWithAll) {
  const auto errors = Texts(LoadPolicyText(Localhost("mustDeny: [\"@everything_else\"]")).errors);
  ASSERT_EQ(errors.size(), 1u);
  for (const seccomp::Group& group : seccomp::Groups()) {
    EXPECT_THAT(errors[0], ::testing::HasSubstr(std::string(group.name)));
  }
}

TEST_F(SeccompDemands, BelongsIntoTheMainFileOrARule) {
  Write("policy.d/a.yaml", std::string(kDropInHeader) + "seccomp: {localhost: {floor: none}}\n");
  EXPECT_THAT(Texts(LoadPolicyText(std::string(kPolicyHeader)).errors),
              Contains(StartsWith("policy.d/a.yaml:3:1: seccomp: a drop-in file holds only")));
  Write("policy.d/a.yaml",
        std::string(kDropInHeader) +
            "rules: [{match: {source: api}, seccomp: {localhost: {missing: RuntimeDefault}}}]\n");
  EXPECT_THAT(Texts(Load().errors), IsEmpty());
}

// What takes the place of a missing profile must be allowed by the controls.
TEST_F(SeccompDemands, TheFallbackAgainstTheControls) {
  const auto errors_of = [&](const std::string& allowed, const std::string& missing,
                             const std::string& level = "baseline") {
    return Texts(LoadPolicyText(std::string(kDropInHeader) + "defaults: {enforce: " + level +
                                "}\n"
                                "controls: {seccomp: {allowedProfiles: [" +
                                allowed + "]}}\nonViolation: {seccomp: deny}\n" +
                                "seccomp: {localhost: {missing: " + missing + "}}\n")
                     .errors);
  };
  const std::string error =
      "policy.yaml:4:11: controls: seccomp.localhost.missing attaches a profile that "
      "controls.seccomp does not allow (add it to allowedProfiles)";
  EXPECT_THAT(errors_of("RuntimeDefault", "{localhost: web.json}"), ElementsAre(error));
  EXPECT_THAT(errors_of("RuntimeDefault, Localhost/web.json", "{localhost: web.json}"), IsEmpty());
  EXPECT_THAT(errors_of("RuntimeDefault, Localhost/*", "{localhost: web.json}"), IsEmpty());
  EXPECT_THAT(errors_of("RuntimeDefault", "RuntimeDefault"), IsEmpty());
  EXPECT_THAT(errors_of("RuntimeDefault", "deny"), IsEmpty());
  // Where nothing is attached, nothing can be wrong with it.
  EXPECT_THAT(errors_of("RuntimeDefault", "{localhost: web.json}", "privileged"), IsEmpty());
}

}  // namespace
}  // namespace sekisho::config
