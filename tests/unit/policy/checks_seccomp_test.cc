// Seccomp: two fields, four types with "absent" among them, and paths that only a forger sends.
#include <gtest/gtest.h>

#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

using std::string_view_literals::operator""sv;

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
  return {{"baseline", Level::kBaseline, Judged::kContainer, kBaselineRows},
          {"restricted", Level::kRestricted, Judged::kContainer, kRestrictedRows},
          {"forged", Level::kBaseline, Judged::kContainer, kForgedRows}};
}

TEST(ChecksSeccomp, Rows) {
  for (const CheckTable& table : SeccompTables()) {
    ExpectRows(table);
  }
}

TEST(ChecksSeccomp, OnlyAFileBelowTheKubeletsDirectoryCanBeNamed) {
  for (const LocalhostCase& c : kLocalhostCases) {
    for (const bool deprecated : {false, true}) {
      SCOPED_TRACE(std::string(c.why) + (deprecated ? ", deprecated field" : ""));
      Request request = LegalRequest(Level::kBaseline);
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
