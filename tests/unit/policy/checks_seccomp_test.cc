// Seccomp: two fields, four types with "absent" among them, and paths that only a forger sends.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using std::string_view_literals::operator""sv;

// Where Unconfined is known to have been asked for, or is refused whoever it is from.
constexpr CheckCase kBaselineRows[] = {
    {"RuntimeDefault: type 0 of the message, and not the same as no message", [](Request&) {}},
    {"no message", [](Request& r) { r.container.seccomp = {}; }, "seccompProfile_baseline",
     R"(seccompProfile (container "container1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
    {"Unconfined",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kUnconfined, ""};
     },
     "seccompProfile_baseline",
     R"(seccompProfile (container "container1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
    {"Localhost below the kubelet's directory",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost,
                              "/var/lib/kubelet/seccomp/profiles/web.json"};
     }},
    {"the sandbox's own profile says nothing of the container's",
     [](Request& r) {
       r.sandbox.seccomp = {ProfileType::kUnconfined, ""};
       r.sandbox.seccomp_profile_path = "unconfined";
     }},
    {"deprecated alone: the default",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "runtime/default";
     }},
    {"deprecated alone: its older name",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "docker/default";
     }},
    {"deprecated alone: a file",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "localhost//var/lib/kubelet/seccomp/web.json";
     }},
    {"deprecated alone: unconfined",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "unconfined";
     },
     "seccompProfile_baseline"},
    {"deprecated alone: no file named",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "localhost/";
     },
     "seccompProfile_baseline"},
    {"deprecated alone: a word that no runtime promises to understand",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "RuntimeDefault";
     },
     "seccompProfile_baseline"},
    {"they disagree: the current one filters",
     [](Request& r) { r.container.seccomp_profile_path = "unconfined"; }, "seccompProfile_baseline",
     R"(seccompProfile (container "container1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
    {"they disagree: the deprecated one filters",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kUnconfined, ""};
       r.container.seccomp_profile_path = "runtime/default";
     },
     "seccompProfile_baseline",
     R"(seccompProfile (container "container1" must not set securityContext.seccompProfile.type to "Unconfined"))"},
    {"they disagree, and both filter",
     [](Request& r) {
       r.container.seccomp_profile_path = "localhost//var/lib/kubelet/seccomp/web.json";
     }},
    {"another root for the profiles",
     [](Request& r) {
       r.spec.node.seccomp_root = "/srv/kubelet/seccomp";
       r.container.seccomp = {ProfileType::kLocalhost, "/srv/kubelet/seccomp/web.json"};
     }},
};

// The sandbox is not asked: only a container's profile says what runs under it.
constexpr CheckCase kRestrictedRows[] = {
    {"RuntimeDefault", [](Request&) {}},
    {"Localhost",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/web.json"};
     }},
    {"no message", [](Request& r) { r.container.seccomp = {}; }, "seccompProfile_restricted",
     R"(seccompProfile (pod or container "container1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))"},
    {"Unconfined",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kUnconfined, ""};
     },
     "seccompProfile_restricted",
     R"(seccompProfile (pod or container "container1" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))"},
    {"they disagree: the current one filters",
     [](Request& r) { r.container.seccomp_profile_path = "unconfined"; },
     "seccompProfile_restricted"},
    {"they disagree: the deprecated one filters",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kUnconfined, ""};
       r.container.seccomp_profile_path = "docker/default";
     },
     "seccompProfile_restricted"},
};

// Before 1.19 the annotations counted, and the fields did not.
constexpr CheckCase kAnnotationRows[] = {
    {"no annotation", [](Request&) {}},
    {"of the pod",
     [](Request& r) {
       r.sandbox.annotations = {{"seccomp.security.alpha.kubernetes.io/pod", "unconfined"}};
     },
     "seccompProfile_baseline",
     R"(seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined"))"},
    {"of a container, with no text at all",
     [](Request& r) {
       r.sandbox.annotations = {{"container.seccomp.security.alpha.kubernetes.io/container1", ""}};
     },
     "seccompProfile_baseline",
     R"(seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/container1=""))"},
    {"several, those that may stand there left out",
     [](Request& r) {
       r.sandbox.annotations = {
           {"seccomp.security.alpha.kubernetes.io/pod", "localhost"},
           {"container.seccomp.security.alpha.kubernetes.io/a", "runtime/default"},
           {"container.seccomp.security.alpha.kubernetes.io/b", "docker/default"},
           {"container.seccomp.security.alpha.kubernetes.io/c", "localhost/c.json"},
           {"container.seccomp.security.alpha.kubernetes.io/d", "RuntimeDefault"}};
     },
     "seccompProfile_baseline",
     R"(seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/d="RuntimeDefault", seccomp.security.alpha.kubernetes.io/pod="localhost"))"},
    {"of a container that the pod may have or not: here it is not known",
     [](Request& r) {
       r.sandbox.annotations = {
           {"container.seccomp.security.alpha.kubernetes.io/other", "unconfined"}};
     },
     "seccompProfile_baseline"},
    {"a key that only begins like the pod's",
     [](Request& r) {
       r.sandbox.annotations = {{"seccomp.security.alpha.kubernetes.io/pods", "unconfined"}};
     }},
};

// `path` is what localhost_ref holds.
struct LocalhostCase {
  std::string_view why;
  std::string_view path;
  bool legal;
};

constexpr LocalhostCase kLocalhostCases[] = {
    {"a file of the directory", "/var/lib/kubelet/seccomp/web.json", true},
    {"a file further down", "/var/lib/kubelet/seccomp/profiles/v2/web.json", true},
    {"three dots are a name", "/var/lib/kubelet/seccomp/...", true},
    {"a name that begins with dots", "/var/lib/kubelet/seccomp/..web.json", true},
    {"no path", "", false},
    {"the profile's name, as the pod gives it", "profiles/web.json", false},
    {"relative, with the directory's name", "var/lib/kubelet/seccomp/web.json", false},
    {"elsewhere", "/tmp/web.json", false},
    {"the root directory", "/", false},
    {"the directory itself", "/var/lib/kubelet/seccomp", false},
    {"the directory itself, with a slash", "/var/lib/kubelet/seccomp/", false},
    {"a directory whose name begins the same", "/var/lib/kubelet/seccomp2/web.json", false},
    {"out of it by ..", "/var/lib/kubelet/seccomp/../pki/web.json", false},
    {".. that stays within", "/var/lib/kubelet/seccomp/a/../web.json", false},
    {".. at the end", "/var/lib/kubelet/seccomp/a/..", false},
    {"a dot", "/var/lib/kubelet/seccomp/./web.json", false},
    {"two slashes", "/var/lib/kubelet/seccomp//web.json", false},
    {"two slashes in front", "//var/lib/kubelet/seccomp/web.json", false},
    {"a slash at the end", "/var/lib/kubelet/seccomp/web.json/", false},
    {"cut short by a NUL", "/var/lib/kubelet/seccomp/web\0.json"sv, false},
    {"another case of the letters", "/var/lib/Kubelet/seccomp/web.json", false},
};

constexpr CheckCase kForgedRows[] = {
    {"not below the directory",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, "/etc/passwd"};
     },
     "seccomp-localhost-path",
     R"(seccomp profile outside the node's directory (container "container1" names "/etc/passwd", which is not a file below /var/lib/kubelet/seccomp))"},
    {"the deprecated field alone",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "localhost/web.json";
     },
     "seccomp-localhost-path",
     R"(seccomp profile outside the node's directory (container "container1" names "web.json", which is not a file below /var/lib/kubelet/seccomp))"},
    {"the deprecated field beside an honest one",
     [](Request& r) { r.container.seccomp_profile_path = "localhost//tmp/web.json"; },
     "seccomp-localhost-path"},
    {"the current field beside an honest deprecated one",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, "/tmp/web.json"};
       r.container.seccomp_profile_path = "runtime/default";
     },
     "seccomp-localhost-path"},
    {"below the usual directory, where this node has another",
     [](Request& r) {
       r.spec.node.seccomp_root = "/srv/kubelet/seccomp";
       r.container.seccomp = {ProfileType::kLocalhost, "/var/lib/kubelet/seccomp/web.json"};
     },
     "seccomp-localhost-path"},
    {"a repair of seccomp does not excuse it",
     [](Request& r) {
       r.spec.on_violation[static_cast<size_t>(CheckGroup::kSeccomp)] = OnViolation::kHarden;
       r.spec.harden.seccomp_always = SeccompTarget{};
       r.container.seccomp = {ProfileType::kLocalhost, "/tmp/web.json"};
     },
     "seccomp-localhost-path"},
};

}  // namespace

std::vector<CheckTable> SeccompTables() {
  return {{"baseline, seccompDefault", Level::kBaseline, Judged::kContainer, kBaselineRows,
           [](Request& r) { r.spec.node.kubelet_seccomp_default = true; }},
          {"baseline, Unconfined denied", Level::kBaseline, Judged::kContainer, kBaselineRows,
           [](Request& r) { r.spec.harden.deny_unconfined = true; }},
          {"annotations", Level::kBaseline, Judged::kSandbox, kAnnotationRows,
           [](Request& r) { r.spec.enforce.version = {18}; }},
          {"restricted", Level::kRestricted, Judged::kContainer, kRestrictedRows},
          {"forged", Level::kBaseline, Judged::kContainer, kForgedRows}};
}

TEST(ChecksSeccomp, Rows) {
  for (const CheckTable& table : SeccompTables()) {
    ExpectRows(table);
  }
}

// Unset is allowed at baseline and arrives as the same bytes as Unconfined: without seccompDefault
// neither is called a violation. Both are hardened all the same (harden_test.cc).
TEST(ChecksSeccomp, UnconfinedIsNoViolationOfBaselineWhereItCanMeanUnset) {
  for (const CheckCase& row : kBaselineRows) {
    SCOPED_TRACE(row.why);
    Request request = LegalRequest(Level::kBaseline);
    row.edit(request);
    const Decision decision = OfContainer(request);
    EXPECT_EQ(Ids(decision.violations), "");
    EXPECT_EQ(decision.action, row.failing.empty() ? Action::kAllow : Action::kHarden);
  }
}

// Restricted allows neither: there it does not matter which it was.
TEST(ChecksSeccomp, UnconfinedIsAViolationOfRestrictedOnEveryNode) {
  for (const bool seccomp_default : {false, true}) {
    Request request = LegalRequest(Level::kRestricted);
    request.spec.node.kubelet_seccomp_default = seccomp_default;
    request.container.seccomp = {};
    EXPECT_EQ(Ids(OfContainer(request).violations), "seccompProfile_restricted");
    EXPECT_EQ(OfContainer(request).action, Action::kDeny);
  }
}

TEST(ChecksSeccomp, OnlyAFileBelowTheKubeletsDirectoryCanBeNamed) {
  for (const LocalhostCase& c : kLocalhostCases) {
    for (const bool deprecated : {false, true}) {
      SCOPED_TRACE(std::string(c.why) + (deprecated ? ", deprecated field" : ""));
      Request request = LegalRequest(Level::kBaseline);
      request.spec.node.kubelet_seccomp_default = true;  // a name that is none means Unconfined
      if (deprecated) {
        request.container.seccomp_profile_path = "localhost/" + std::string(c.path);
      } else {
        request.container.seccomp = {ProfileType::kLocalhost, std::string(c.path)};
      }
      const Decision decision = OfContainer(request);
      EXPECT_EQ(decision.action, c.legal ? Action::kAllow : Action::kDeny);
    }
  }
}

}  // namespace sekisho::policy
