// What is in the seccomp profiles that a policy names is looked at when it is loaded.
#include <gmock/gmock.h>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Everything is allowed that nobody thought of.
constexpr std::string_view kDisguise =
    R"({"defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]})";

// In Docker's format: kexec_load beside what starting takes, under a condition; for containerd,
// without one.
std::string DockerProfile(const std::string& condition) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)"
         R"({"names": ["close", "execve", "fstatfs", "getdents64", "openat", "write"],)"
         R"( "action": "SCMP_ACT_ALLOW"},)"
         R"({"names": ["kexec_load"], "action": "SCMP_ACT_ALLOW", "includes": {)" +
         condition + "}}]}";
}

class SeccompProfiles : public ConfigFiles {
 protected:
  void Profile(const std::string& name, std::string_view text) {
    Write("kubelet/seccomp/" + name, text);
  }
  std::vector<std::string> ErrorsOf(const std::string& text) {
    return Texts(LoadPolicyText(std::string(kPolicyHeader) + text).errors);
  }
};

// Each key that names a file, and where the file's name stands then.
struct Naming {
  std::string text;
  std::string place;
};
const Naming kNamings[] = {
    {"harden: {seccomp: {localhost: web.json}}\n", "policy.yaml:4:31: harden.seccomp.localhost: "},
    {"harden: {seccomp: {unconfined: {localhost: web.json}}}\n",
     "policy.yaml:4:44: harden.seccomp.unconfined.localhost: "},
    {"seccomp: {localhost: {missing: {localhost: web.json}}}\n",
     "policy.yaml:4:44: seccomp.localhost.missing.localhost: "},
    {"controls: {seccomp: {allowedProfiles: [Localhost/web.json]}}\n"
     "harden: {seccomp: {unconfined: deny}}\n",
     "policy.yaml:4:40: controls.seccomp.allowedProfiles[0]: "},
    {"rules: [{match: {source: api}, harden: {seccomp: {localhost: web.json}}}]\n",
     "policy.yaml:4:62: rules[0].harden.seccomp.localhost: "},
};

TEST_F(SeccompProfiles, AStrictOneIsFineWhereverItIsNamed) {
  Profile("web.json", StrictProfile());
  for (const Naming& naming : kNamings) {
    EXPECT_THAT(ErrorsOf(naming.text), IsEmpty()) << naming.text;
  }
  EXPECT_THAT(ErrorsOf("seccomp: {localhost: {floor: {localhost: web.json}}}\n"), IsEmpty());
}

// --- what is no profile
// -----------------------------------------------------------------------------

TEST_F(SeccompProfiles, EveryErrorOfTheTextIsSaidWithItsPlace) {
  Profile("web.json",
          "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"sycalls\": [],\n  \"flags\": [1]\n}\n");
  std::vector<Naming> namings(std::begin(kNamings), std::end(kNamings));
  namings.push_back({"seccomp: {localhost: {floor: {localhost: web.json}}}\n",
                     "policy.yaml:4:42: seccomp.localhost.floor.localhost: "});
  for (const Naming& naming : namings) {
    const std::vector<std::string> errors = ErrorsOf(naming.text);
    ASSERT_THAT(errors, SizeIs(2)) << naming.text;
    EXPECT_THAT(errors[0],
                AllOf(StartsWith(naming.place + "the profile kubelet/seccomp/web.json:3:"),
                      HasSubstr("sycalls"), HasSubstr("syscalls")));
    EXPECT_THAT(errors[1], StartsWith(naming.place + "the profile kubelet/seccomp/web.json:4:"));
  }
}

TEST_F(SeccompProfiles, AlsoWhereTheLevelIsPrivileged) {
  Profile("web.json", "{}");
  EXPECT_THAT(ErrorsOf("rules: [{match: {source: api}, enforce: privileged, harden: {seccomp: "
                       "{localhost: web.json}}}]\n"),
              ElementsAre(HasSubstr("web.json:1:")));
}

// Well written, but runc takes no such thing.
constexpr std::string_view kNotCompiled = R"({"defaultAction": "SCMP_ACT_NOTIFY"})";

TEST_F(SeccompProfiles, OneThatCannotBeCompiled) {
  Profile("web.json", kNotCompiled);
  EXPECT_THAT(ErrorsOf(kNamings[0].text),
              ElementsAre(StartsWith(kNamings[0].place +
                                     "the profile kubelet/seccomp/web.json cannot be judged: ")));
}

TEST_F(SeccompProfiles, AFloorThatCannotBeCompiledIsSaidOnce) {
  Profile("floor.json", kNotCompiled);
  Profile("web.json", StrictProfile());
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: web.json}}\n"
                       "seccomp: {localhost: {floor: {localhost: floor.json}}}\n"),
              ElementsAre(StartsWith("policy.yaml:5:42: seccomp.localhost.floor.localhost: the "
                                     "floor kubelet/seccomp/floor.json cannot be judged: ")));
}

// A directory on the way that others may write to: the daemon would not trust it.
TEST_F(SeccompProfiles, ADirectoryThatOthersMayWriteTo) {
  MakeDirectory("kubelet/seccomp/team", 0777);
  Profile("team/web.json", StrictProfile());
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: team/web.json}}\n"),
              ElementsAre(StartsWith("policy.yaml:4:31: harden.seccomp.localhost: the profile "
                                     "kubelet/seccomp/team/web.json ")));
}

// --- what would be refused
// --------------------------------------------------------------------------

TEST_F(SeccompProfiles, OneThatIsTooWeakIsSaidWhereverItIsNamed) {
  Profile("web.json", StrictProfile({"kexec_load"}));
  for (const Naming& naming : kNamings) {
    EXPECT_THAT(ErrorsOf(naming.text),
                ElementsAre(naming.place +
                            "the profile kubelet/seccomp/web.json is weaker than RuntimeDefault, "
                            "which is seccomp.localhost.floor: it may also call kexec_load "
                            "(refuse these system calls, or give another floor)"));
    if (!naming.text.starts_with("seccomp:")) {
      EXPECT_THAT(ErrorsOf(naming.text + "seccomp: {localhost: {floor: none}}\n"), IsEmpty());
    }
  }
}

TEST_F(SeccompProfiles, WhatNeedsACapabilityIsAllowedToSomeContainer) {
  Profile("web.json", StrictProfile({"mount", "unshare"}));
  EXPECT_THAT(ErrorsOf(kNamings[0].text), IsEmpty());
}

// What only an older containerd's default has: which one this node runs is not known here.
TEST_F(SeccompProfiles, WhatSomeRuntimesDefaultAllows) {
  Profile("web.json", StrictProfile({"socket"}));
  EXPECT_THAT(ErrorsOf(kNamings[0].text), IsEmpty());
}

TEST_F(SeccompProfiles, UnconfinedInDisguise) {
  Profile("web.json", kDisguise);
  const std::vector<std::string> errors = ErrorsOf(kNamings[0].text);
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_EQ(errors[0],
            kNamings[0].place +
                "the profile kubelet/seccomp/web.json refuses nothing that matters, which "
                "seccomp.localhost.unconfinedInDisguise denies (name a profile that does)");
  EXPECT_THAT(errors[1], HasSubstr("is weaker than RuntimeDefault"));
  EXPECT_THAT(errors[1], HasSubstr(" more (refuse these"));
  EXPECT_THAT(ErrorsOf(kNamings[0].text + "seccomp: {localhost: {unconfinedInDisguise: allow}}\n"),
              ElementsAre(errors[1]));
  EXPECT_THAT(ErrorsOf(kNamings[0].text +
                       "seccomp: {localhost: {unconfinedInDisguise: allow, floor: none}}\n"),
              IsEmpty());
}

TEST_F(SeccompProfiles, OneThatLetsNothingStart) {
  Profile("web.json", R"({"defaultAction": "SCMP_ACT_ERRNO"})");
  EXPECT_THAT(ErrorsOf(kNamings[0].text),
              ElementsAre(AllOf(
                  StartsWith(kNamings[0].place + "the profile kubelet/seccomp/web.json lets no "
                                                 "container start: it refuses close, execve, "),
                  EndsWith("(allow these system calls)"))));
}

TEST_F(SeccompProfiles, MustDeny) {
  Profile("web.json", StrictProfile({"mount", "umask"}));
  EXPECT_THAT(
      ErrorsOf(kNamings[0].text + "seccomp: {localhost: {mustDeny: [umask, mount, bpf]}}\n"),
      ElementsAre(kNamings[0].place +
                  "the profile kubelet/seccomp/web.json may call mount, umask, which "
                  "seccomp.localhost.mustDeny forbids (refuse these system calls)"));
  EXPECT_THAT(ErrorsOf(kNamings[0].text + "seccomp: {localhost: {mustDeny: [bpf]}}\n"), IsEmpty());
}

TEST_F(SeccompProfiles, DockersFormat) {
  Profile("web.json", DockerProfile(R"("arches": ["s390x"])"));
  const auto with = [&](const std::string& docker_format) {
    return ErrorsOf(kNamings[0].text + "seccomp: {localhost: {dockerFormat: " + docker_format +
                    "}}\n");
  };
  EXPECT_THAT(with("resolve"), IsEmpty());
  EXPECT_THAT(with("warn"), ElementsAre(HasSubstr("is weaker than RuntimeDefault")));
  EXPECT_THAT(with("deny"),
              ElementsAre(kNamings[0].place +
                          "the profile kubelet/seccomp/web.json is in Docker's format, which "
                          "seccomp.localhost.dockerFormat denies (write it in the OCI format "
                          "(sekisho seccomp resolve))"));
}

// The same file may be read in two ways.
TEST_F(SeccompProfiles, DockersFormatIsJudgedForEachRule) {
  Profile("web.json", DockerProfile(R"("arches": ["s390x"])"));
  EXPECT_THAT(ErrorsOf(kNamings[0].text +
                       "rules: [{match: {source: api}, seccomp: {localhost: {dockerFormat: "
                       "warn}}}]\n"),
              ElementsAre(AllOf(StartsWith("policy.yaml:5:9: rules[0]: "),
                                HasSubstr("is weaker than RuntimeDefault"))));
}

// Containers without the capability may have it.
TEST_F(SeccompProfiles, WhatDockersFormatAllowsWithACapabilityIsNotHeldAgainstIt) {
  Profile("web.json", DockerProfile(R"("caps": ["CAP_SYS_ADMIN"])"));
  EXPECT_THAT(ErrorsOf(kNamings[0].text), IsEmpty());
}

TEST_F(SeccompProfiles, AFloorThatIsAFile) {
  Profile("floor.json", StrictProfile({"umask"}));
  Profile("web.json", StrictProfile({"umask", "mkdir"}));
  Profile("same.json", StrictProfile({"umask"}));
  const std::string floor = "seccomp: {localhost: {floor: {localhost: floor.json}}}\n";
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: same.json}}\n" + floor), IsEmpty());
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: web.json}}\n" + floor),
              ElementsAre("policy.yaml:4:31: harden.seccomp.localhost: the profile "
                          "kubelet/seccomp/web.json is weaker than kubelet/seccomp/floor.json, "
                          "which is seccomp.localhost.floor: it may also call mkdir (refuse these "
                          "system calls, or give another floor)"));
}

// A floor may be weaker than the usual one: that is what naming it is for.
TEST_F(SeccompProfiles, AFloorIsHeldAgainstNothing) {
  Profile("floor.json", kDisguise);
  EXPECT_THAT(ErrorsOf("seccomp: {localhost: {floor: {localhost: floor.json}}}\n"), IsEmpty());
}

TEST_F(SeccompProfiles, AFloorThatIsNoProfileIsSaidOnce) {
  Profile("floor.json", "{}");
  Profile("web.json", StrictProfile());
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: web.json}}\n"
                       "seccomp: {localhost: {floor: {localhost: floor.json}}}\n"),
              ElementsAre(HasSubstr("floor.json:1:")));
}

// --- where it is said
// -------------------------------------------------------------------------------

TEST_F(SeccompProfiles, WhatIsInheritedIsSaidOnceAndWhatARuleChangesForTheRule) {
  Profile("web.json", StrictProfile({"kexec_load"}));
  const std::string rules =
      "rules:\n"
      "- match: {namespaces: [a]}\n"
      "- match: {namespaces: [b]}\n"
      "  seccomp: {localhost: {floor: RuntimeDefault}}\n"
      "- match: {namespaces: [c]}\n"
      "  enforce: privileged\n";
  EXPECT_THAT(ErrorsOf(kNamings[0].text + rules), SizeIs(1));
  EXPECT_THAT(ErrorsOf(kNamings[0].text + "seccomp: {localhost: {floor: none}}\n" + rules),
              ElementsAre(StartsWith("policy.yaml:8:3: rules[1]: the profile "
                                     "kubelet/seccomp/web.json is weaker than RuntimeDefault")));
}

TEST_F(SeccompProfiles, ARuleThatNamesItAgainIsToldAgain) {
  Profile("web.json", StrictProfile({"kexec_load"}));
  EXPECT_THAT(
      ErrorsOf(kNamings[0].text + "rules: [{match: {source: api}, harden: {seccomp: {localhost: "
                                  "web.json}}}]\n"),
      ElementsAre(StartsWith("policy.yaml:4:31: "), StartsWith("policy.yaml:5:62: ")));
}

TEST_F(SeccompProfiles, WhatIsNotAttachedIsNotHeldAgainstAnything) {
  Profile("web.json", StrictProfile({"kexec_load"}));
  Profile("strict.json", StrictProfile());
  const std::string unconfined = "unconfined: {localhost: web.json}";
  // Another profile goes before it.
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {" + unconfined + ", localhost: strict.json}}\n"),
              IsEmpty());
  // Nobody is hardened.
  EXPECT_THAT(ErrorsOf("rules: [{match: {source: api}, enforce: privileged, harden: {seccomp: {" +
                       unconfined + "}}}]\n"),
              IsEmpty());
  // A list is only compared with.
  EXPECT_THAT(ErrorsOf("controls: {seccomp: {allowedProfiles: [Localhost/web.json]}}\n"
                       "harden: {seccomp: {unconfined: deny}}\n"
                       "onViolation: {seccomp: deny}\n"),
              IsEmpty());
}

// Two files with alike names.
TEST_F(SeccompProfiles, TheRightNameIsPointedAt) {
  MakeDirectory("kubelet/seccomp/seccomp");
  Profile("web.json", StrictProfile());
  Profile("seccomp/web.json", StrictProfile({"kexec_load"}));
  EXPECT_THAT(ErrorsOf("harden: {seccomp: {localhost: web.json}}\n"
                       "seccomp: {localhost: {missing: {localhost: seccomp/web.json}}}\n"),
              ElementsAre(StartsWith("policy.yaml:5:44: seccomp.localhost.missing.localhost: ")));
}

}  // namespace
}  // namespace sekisho::config
