// What is made of the files of Localhost profiles: pinned copies, fallbacks, and what must be
// looked at. What is found wrong with them: checks_localhost_profile_test.cc.
#include "policy/localhost_profile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/evaluate.h"
#include "policy/repair.h"
#include "unit/policy/profile_files.h"

namespace sekisho::policy {
namespace {

using seccomp::ProfileFacts;
using State = ProfileFacts::State;

// --- what it becomes
// --------------------------------------------------------------------------------

const std::string kPinned = "seccomp: Localhost " + kWeb + " -> Localhost " + PinOf(kWeb) + "\n";

TEST(LocalhostProfile, AGoodFileIsReplacedByItsPinnedCopy) {
  for (const Level level : {Level::kBaseline, Level::kRestricted}) {
    Request r = Naming({Good(kWeb)});
    r.spec.enforce.level = level;
    ExpectHardened(r, kPinned);
  }
}

TEST(LocalhostProfile, AGoodFileNeedsNoFallback) {
  for (const SeccompTarget& fallback : {SeccompTarget{}, SeccompTarget{kFallback}}) {
    Request r = Naming({Good(kWeb), Good(kFallback)});
    r.spec.missing_profile = fallback;
    ExpectHardened(r, kPinned);
  }
}

// Only what is usable has a copy that counts.
TEST(LocalhostProfile, ACopyOfWhatIsNotUsableIsNone) {
  Request r = Naming({Good(kWeb)});
  const SecurityProfile named = r.container.seccomp;
  EXPECT_EQ(AsFound(r.spec, r.container, named).localhost_ref, PinOf(kWeb));
  Web(r).state = State::kUntrusted;
  EXPECT_EQ(AsFound(r.spec, r.container, named), named);
}

TEST(LocalhostProfile, WhereTheLevelIsPrivilegedNothingIsPinned) {
  Request r = Naming({Good(kWeb)});
  r.spec.enforce.level = Level::kPrivileged;
  ExpectHardened(r, "");
  r.container.profiles = {Bad(kWeb, State::kMissing)};
  r.spec.missing_profile = SeccompTarget{};
  ExpectHardened(r, "");
}

TEST(LocalhostProfile, AFileThatIsJudgedWithoutBeingPinnedStays) {
  Request r = Naming({Good(kWeb)});
  Web(r).pinned_path.clear();
  ExpectHardened(r, "");
}

// Whatever a runtime reads, it is the copy.
TEST(LocalhostProfile, BothFieldsNameTheCopy) {
  const struct {
    std::string_view why;
    SecurityProfile current;
    std::string deprecated;
    std::string lines;
  } cases[] = {
      {"the same file", {ProfileType::kLocalhost, kWeb}, "localhost/" + kWeb, kPinned},
      {"the deprecated field alone", {}, "localhost/" + kWeb, kPinned},
      {"another file beside it", {ProfileType::kLocalhost, kWeb}, "localhost/" + kNode, kPinned},
      {"the default beside it", {ProfileType::kLocalhost, kWeb}, "runtime/default", kPinned},
      {"the copy already, but the deprecated field names the file",
       {ProfileType::kLocalhost, PinOf(kWeb)},
       "localhost/" + kWeb,
       "seccomp: Localhost " + kWeb + " -> Localhost " + PinOf(kWeb) + "\n"},
      {"the default, with a path that means nothing, and the same by the deprecated field",
       {ProfileType::kRuntimeDefault, kWeb},
       "localhost/" + kWeb,
       "seccomp: Localhost " + kWeb + " -> RuntimeDefault\n"},
      {"the default, and a file that only the deprecated field names",
       {ProfileType::kRuntimeDefault, ""},
       "localhost/" + kWeb,
       "seccomp: Localhost " + kWeb + " -> RuntimeDefault\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Request r = Naming({Good(kWeb)});
    r.container.seccomp = c.current;
    r.container.seccomp_profile_path = c.deprecated;
    ExpectHardened(r, c.lines);
    const ContainerFacts after = WithEdits(r.container, OfContainer(r).edits);
    EXPECT_FALSE(NamesAnotherFile(after, after.seccomp));
  }
}

TEST(LocalhostProfile, AFileThatDoesNotCountNeedNotBeGood) {
  Request r = Naming({Bad(kWeb, State::kInvalid, "is wrong")});
  r.container.seccomp = {ProfileType::kRuntimeDefault, ""};
  r.container.seccomp_profile_path = "localhost/" + kWeb;
  ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> RuntimeDefault\n");
}

// The decision, its violations and what becomes of the profile where web.json is missing.
TEST(LocalhostProfile, AMissingFileBecomesTheFallback) {
  ProfileFacts weak = Good(kFallback);
  weak.beyond_floor = {"bpf"};
  const SeccompTarget file{kFallback};
  const struct {
    std::string_view why;
    SeccompTarget fallback;
    std::vector<ProfileFacts> more;
    std::string_view ids;
    std::string after;  // empty: refused
  } cases[] = {
      {"RuntimeDefault", {}, {}, "localhost-profile-missing", "RuntimeDefault"},
      {"a file",
       file,
       {Good(kFallback)},
       "localhost-profile-missing",
       "Localhost " + PinOf(kFallback)},
      {"a file that is missing, too",
       file,
       {Bad(kFallback, State::kMissing)},
       "localhost-profile-missing localhost-profile-missing",
       ""},
      {"a file that is not trusted",
       file,
       {Bad(kFallback, State::kUntrusted, "is a link")},
       "localhost-profile-missing localhost-profile-untrusted",
       ""},
      {"a file that is too weak",
       file,
       {weak},
       "localhost-profile-missing localhost-profile-floor",
       ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.why);
    Request r = Naming({Bad(kWeb, State::kMissing)});
    r.container.profiles.insert(r.container.profiles.end(), c.more.begin(), c.more.end());
    r.spec.missing_profile = c.fallback;
    const Decision decision = OfContainer(r);
    EXPECT_EQ(Ids(decision.violations), c.ids);
    if (c.after.empty()) {
      EXPECT_EQ(decision.action, Action::kDeny);
      EXPECT_TRUE(decision.edits.empty());
    } else {
      ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> " + c.after + "\n");
    }
  }
}

TEST(LocalhostProfile, WhatIsRefusedAboutTheFallbackIsSaidOfTheFallback) {
  Request r = Naming({Bad(kWeb, State::kMissing), Bad(kFallback, State::kUntrusted, "is a link")});
  r.spec.missing_profile = SeccompTarget{kFallback};
  EXPECT_EQ(OfContainer(r).message,
            "violates node policy: seccomp profile not trusted (container \"container1\": " +
                kFallback + " is a link)");
}

TEST(LocalhostProfile, WithAFallbackNobodyIsToldToNameOne) {
  Request r = Naming({Bad(kWeb, State::kMissing)});
  r.spec.missing_profile = SeccompTarget{};
  ASSERT_EQ(OfContainer(r).violations.size(), 1u);
  EXPECT_EQ(OfContainer(r).violations[0].detail,
            "container \"container1\" names \"" + kWeb + "\", which does not exist");
}

// A fallback that nobody looked at is attached by its name, and then somebody must still look.
TEST(LocalhostProfile, AFallbackThatNobodyLookedAtIsNotReady) {
  Request r = Naming({Bad(kWeb, State::kMissing)});
  r.spec.missing_profile = SeccompTarget{kFallback};
  const Decision decision = OfContainer(r);
  EXPECT_TRUE(NeedsProfileLook(r.spec, WithEdits(r.container, decision.edits)));
}

// --- the node's own profiles
// ------------------------------------------------------------------------

TEST(LocalhostProfile, TheNodesOwnIsPinnedToo) {
  Request r = Naming({Good(kNode)});
  r.spec.harden.seccomp_always = SeccompTarget{kNode};
  ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> Localhost " + PinOf(kNode) + "\n");
  r.spec.harden.seccomp_always.reset();
  r.spec.harden.seccomp_unconfined = SeccompTarget{kNode};
  r.container.seccomp = {};
  ExpectHardened(r, "seccomp: Unconfined -> Localhost " + PinOf(kNode) + "\n");
}

TEST(LocalhostProfile, TheNodesOwnMustBeGoodToo) {
  ProfileFacts weak = Good(kNode);
  weak.beyond_floor = {"bpf"};
  Request r = Naming({weak});
  r.spec.harden.seccomp_always = SeccompTarget{kNode};
  EXPECT_EQ(OfContainer(r).message,
            "violates node policy: seccomp profile weaker than RuntimeDefault (container "
            "\"container1\" with \"node.json\" may also call bpf)");
  r.container.profiles = {Bad(kNode, State::kMissing)};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  EXPECT_EQ(Ids(OfContainer(r).violations), "localhost-profile-missing");
  r.spec.missing_profile = SeccompTarget{};
  ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> RuntimeDefault\n");
  EXPECT_EQ(Ids(OfContainer(r).violations), "localhost-profile-missing");
}

TEST(LocalhostProfile, WhatTheNodesOwnTakesThePlaceOfDoesNotMatter) {
  Request r = Naming({Bad(kWeb, State::kInvalid, "is wrong"), Good(kNode)});
  r.spec.harden.seccomp_always = SeccompTarget{kNode};
  EXPECT_EQ(Ids(OfContainer(r).violations), "");
  ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> Localhost " + PinOf(kNode) + "\n");
}

// What else is refused is said in the same breath, once, in the order of the report.
TEST(LocalhostProfile, TheNodesOwnIsRefusedTogetherWithTheRest) {
  Request r = Naming({Bad(kNode, State::kInvalid, "is wrong")});
  r.spec.harden.seccomp_always = SeccompTarget{kNode};
  r.container.devices = {{.host_path = "/dev/mem"}};
  r.container.unknown = {{"config: unknown field 42"}};
  EXPECT_EQ(Ids(OfContainer(r).violations), "devices localhost-profile-invalid unknown-field");
}

TEST(LocalhostProfile, IsRefusedTogetherWithTheRest) {
  Request r = Naming({Bad(kWeb, State::kInvalid, "is wrong")});
  r.container.devices = {{.host_path = "/dev/mem"}};
  EXPECT_EQ(Ids(OfContainer(r).violations), "devices localhost-profile-invalid");
  EXPECT_NE(OfContainer(r).message.find("web.json is wrong"), std::string::npos);
}

TEST(LocalhostProfile, OtherLevelsSayItToo) {
  Request r = Naming({Bad(kWeb, State::kInvalid, "is wrong")});
  r.spec.enforce.level = Level::kPrivileged;
  r.spec.audit.level = Level::kBaseline;
  EXPECT_EQ(OfContainer(r).action, Action::kAllow);
  EXPECT_EQ(Ids(OfContainer(r).audit), "localhost-profile-invalid");
  EXPECT_EQ(Ids(OfContainer(r).warn), "");
}

// --- controls
// ---------------------------------------------------------------------------------------

TEST(LocalhostProfile, AllowListsNameTheFileAndNotItsCopy) {
  for (const bool deprecated : {false, true}) {
    Request r = LegalRequest(Level::kBaseline);
    RunPinned(r);
    if (deprecated) {
      r.container.seccomp_profile_path = "localhost/" + PinOf(kWeb);
    }
    r.spec.controls.seccomp = ProfileRule{{"Localhost/web.json"}, "Localhost/web.json"};
    EXPECT_EQ(OfContainer(r).action, Action::kAllow);
    r.spec.controls.seccomp = ProfileRule{{"Localhost/node.json"}, "Localhost/node.json"};
    EXPECT_EQ(Ids(OfContainer(r).violations), "control/seccomp");
    EXPECT_NE(OfContainer(r).message.find("\"Localhost/web.json\"; allowed"), std::string::npos)
        << OfContainer(r).message;
  }
}

TEST(LocalhostProfile, TheListsFallbackIsPinnedToo) {
  Request r = Naming({Good(kNode)});
  r.spec.on_violation.fill(OnViolation::kHarden);
  r.spec.controls.seccomp = ProfileRule{{"Localhost/node.json"}, "Localhost/node.json"};
  ExpectHardened(r, "seccomp: Localhost " + kWeb + " -> Localhost " + PinOf(kNode) + "\n");
}

TEST(LocalhostProfile, AFallbackThatTheListForbidsIsRefused) {
  Request r = Naming({Bad(kWeb, State::kMissing)});
  r.spec.missing_profile = SeccompTarget{};
  r.spec.controls.seccomp = ProfileRule{{"Localhost/*"}, ""};
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  EXPECT_EQ(Ids(OfContainer(r).violations), "localhost-profile-missing control/seccomp");
}

// --- what is looked at
// ------------------------------------------------------------------------------

struct LookCase {
  std::string_view why;
  void (*edit)(Request&);
  std::vector<std::string> paths;
};

const LookCase kLooks[] = {
    {"a file", [](Request&) {}, {kWeb}},
    {"RuntimeDefault",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kRuntimeDefault, ""};
       r.spec.missing_profile = SeccompTarget{kFallback};
     },
     {}},
    {"a path beside another type means nothing",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kRuntimeDefault, kWeb};
     },
     {}},
    {"the deprecated field",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "localhost/" + kNode;
     },
     {kNode}},
    {"both fields, the same",
     [](Request& r) { r.container.seccomp_profile_path = "localhost/" + kWeb; },
     {kWeb}},
    {"both fields, the one that counts first",
     [](Request& r) { r.container.seccomp_profile_path = "localhost/" + kNode; },
     {kWeb, kNode}},
    {"the deprecated field beside RuntimeDefault",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kRuntimeDefault, ""};
       r.container.seccomp_profile_path = "localhost/" + kNode;
     },
     {kNode}},
    {"a fallback that is a file",
     [](Request& r) { r.spec.missing_profile = SeccompTarget{kFallback}; },
     {kWeb, kFallback}},
    {"a fallback that is the same file",
     [](Request& r) { r.spec.missing_profile = SeccompTarget{kWeb}; },
     {kWeb}},
    {"a fallback that is no file",
     [](Request& r) { r.spec.missing_profile = SeccompTarget{}; },
     {kWeb}},
    {"a privileged container: the rule is the same",
     [](Request& r) { r.container.privileged = true; },
     {kWeb}},
    {"the level is privileged", [](Request& r) { r.spec.enforce.level = Level::kPrivileged; }, {}},
};

TEST(LocalhostProfile, WhatIsLookedAt) {
  for (const LookCase& c : kLooks) {
    SCOPED_TRACE(c.why);
    Request r = Naming({});
    c.edit(r);
    EXPECT_EQ(ProfilePathsToLookAt(r.spec, r.container), c.paths);
    EXPECT_EQ(NeedsProfileLook(r.spec, r.container), !c.paths.empty());
    // What is not even asked for because no field names a file is not wanted either.
    if (!NamesAFile(r.container, {})) {
      EXPECT_TRUE(c.paths.empty());
    }
    // Once they were looked at, nothing more is needed, whatever was found.
    for (const std::string& path : c.paths) {
      r.container.profiles.push_back(Bad(path, State::kMissing));
    }
    EXPECT_FALSE(NeedsProfileLook(r.spec, r.container));
  }
}

TEST(LocalhostProfile, AFileIsNamedByEitherFieldAndByWhatAnEditMakesOfThem) {
  const SecurityProfile file{ProfileType::kLocalhost, kWeb};
  const SecurityProfile no_file{ProfileType::kRuntimeDefault, ""};
  for (const SecurityProfile& current : {SecurityProfile{}, no_file, file}) {
    for (const std::string& deprecated :
         {std::string(), "localhost/" + kWeb, std::string("docker/default")}) {
      for (const std::optional<SecurityProfile>& edit :
           {std::optional<SecurityProfile>(), std::optional(file), std::optional(no_file)}) {
        Request r = LegalRequest(Level::kBaseline);
        r.container.seccomp = current;
        r.container.seccomp_profile_path = deprecated;
        const Edits edits{.seccomp = edit};
        EXPECT_EQ(NamesAFile(r.container, edits),
                  !ProfilePathsToLookAt(r.spec, WithEdits(r.container, edits)).empty());
      }
    }
  }
}

TEST(LocalhostProfile, ACopyIsKnownByItsPathToo) {
  Request r = LegalRequest(Level::kBaseline);
  RunPinned(r);
  EXPECT_FALSE(NeedsProfileLook(r.spec, r.container));
  EXPECT_EQ(ProfileOf(r.container, kWeb), &r.container.profiles[0]);
  EXPECT_EQ(ProfileOf(r.container, PinOf(kWeb)), &r.container.profiles[0]);
  EXPECT_EQ(ProfileOf(r.container, kNode), nullptr);
  // "" is the pinned path of what is not pinned.
  r.container.profiles = {Bad(kWeb, State::kMissing)};
  EXPECT_EQ(ProfileOf(r.container, std::string()), nullptr);
}

// By the way of a request: evaluated, looked up by what was named, evaluated again.
TEST(LocalhostProfile, FirstWithoutAndThenWithWhatWasFound) {
  Request r = Naming({});
  r.spec.missing_profile = SeccompTarget{kFallback};
  const Decision first = OfContainer(r);
  EXPECT_EQ(first.action, Action::kAllow);
  for (const std::string& path :
       ProfilePathsToLookAt(r.spec, WithEdits(r.container, first.edits))) {
    r.container.profiles.push_back(path == kWeb ? Bad(path, State::kMissing) : Good(path));
  }
  const Decision second = OfContainer(r);
  EXPECT_EQ(second.action, Action::kHarden);
  const ContainerFacts after = WithEdits(r.container, second.edits);
  EXPECT_EQ(WhyNotLegal(r.spec, r.sandbox, after), std::nullopt);
  EXPECT_FALSE(NeedsProfileLook(r.spec, after));
}

// --- offline: what nothing repairs
// ------------------------------------------------------------------

TEST(LocalhostProfile, OnlyAMissingFileIsEverRepaired) {
  Spec spec = DefaultSpec();
  std::vector<Violation> violations;
  for (const Check& check : Checks()) {
    if (check.of_profile_file) {
      violations.push_back({check.id, "reason", "detail"});
    }
  }
  EXPECT_EQ(violations.size(), 9u);
  EXPECT_EQ(Unrepaired(spec, violations).size(), 9u);
  spec.missing_profile = SeccompTarget{};
  const std::vector<Violation> left = Unrepaired(spec, violations);
  EXPECT_EQ(left.size(), 8u);
  EXPECT_FALSE(std::ranges::any_of(left, [](const Violation& violation) {
    return violation.check == "localhost-profile-missing";
  }));
}

// A manifest has several containers; each is named with its own file.
TEST(LocalhostProfile, EveryContainerOfAPodIsNamed) {
  Request r = Naming({Bad(kWeb, State::kInvalid, "is wrong")});
  std::vector<ContainerFacts> containers(3, r.container);
  containers[1].name = "fine";
  containers[1].profiles = {Good(kWeb)};
  containers[2].name = "second";
  containers[2].seccomp.localhost_ref = kNode;
  containers[2].profiles = {Bad(kNode, State::kInvalid, "is empty")};
  const auto violations = ViolationsOf(
      r.spec, r.spec.enforce,
      {.sandbox = r.sandbox, .containers = containers, .declared = nullptr, .scope = Scope::kPod});
  ASSERT_EQ(Ids(violations), "localhost-profile-invalid");
  EXPECT_EQ(violations[0].detail, "container \"container1\": " + kWeb +
                                      " is wrong; container \"second\": " + kNode + " is empty");
}

// --- privileged containers
// --------------------------------------------------------------------------

TEST(LocalhostProfile, ThatTheRuntimeIgnoresSeccompIsSaidOfWhatIsLetThrough) {
  Request r = LegalRequest(Level::kPrivileged);
  EXPECT_FALSE(OfContainer(r).seccomp_ignored);
  r.container.privileged = true;
  EXPECT_TRUE(SeccompIsIgnored(r.container));
  EXPECT_EQ(OfContainer(r).action, Action::kAllow);
  EXPECT_TRUE(OfContainer(r).seccomp_ignored);
  r.spec.enforce.level = Level::kBaseline;
  EXPECT_EQ(OfContainer(r).action, Action::kDeny);
  EXPECT_FALSE(OfContainer(r).seccomp_ignored);
}

}  // namespace
}  // namespace sekisho::policy
