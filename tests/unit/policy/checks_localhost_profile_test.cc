// The files of Localhost profiles: what was found out about them, held against what must be.
#include <gtest/gtest.h>

#include "unit/policy/profile_files.h"

namespace sekisho::policy {
namespace {

using seccomp::Floor;
using State = seccomp::ProfileFacts::State;

const CheckCase kRows[] = {
    {"as it must be, and pinned", [](Request&) {}},
    {"nobody looked",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles.clear();
     }},
    {"another file was looked at",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles = {Bad(kNode, State::kInvalid, "is wrong")};
     }},
    {"a bad file that is not the one that runs",
     [](Request& r) { r.container.profiles.push_back(Bad(kNode, State::kInvalid, "is wrong")); }},
    {"no file at all",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kRuntimeDefault, ""};
       Web(r).state = State::kMissing;
     }},
    {"a pinned copy in both fields",
     [](Request& r) { r.container.seccomp_profile_path = "localhost/" + PinOf(kWeb); }},
    {"missing",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles = {Bad(kWeb, State::kMissing, "does not exist")};
     },
     "localhost-profile-missing",
     R"(seccomp profile missing (container "container1" names "/var/lib/kubelet/seccomp/web.json", which does not exist; install it on the node, or let seccomp.localhost.missing name another))"},
    {"missing, by the deprecated field alone",
     [](Request& r) {
       r.container.seccomp = {};
       r.container.seccomp_profile_path = "localhost/" + kWeb;
       r.container.profiles = {Bad(kWeb, State::kMissing)};
     },
     "localhost-profile-missing"},
    {"somebody else could change it",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles = {Bad(kWeb, State::kUntrusted, "is writable by group or others")};
     },
     "localhost-profile-untrusted",
     R"(seccomp profile not trusted (container "container1": /var/lib/kubelet/seccomp/web.json is writable by group or others))"},
    {"not a profile",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles = {Bad(kWeb, State::kInvalid, "is no profile: 1:1: no value")};
     },
     "localhost-profile-invalid",
     R"(seccomp profile invalid (container "container1": /var/lib/kubelet/seccomp/web.json is no profile: 1:1: no value))"},
    {"the copy could not be written",
     [](Request& r) {
       r.container.seccomp = {ProfileType::kLocalhost, kWeb};
       r.container.profiles = {Bad(kWeb, State::kNotPinned, "cannot be copied: no space left")};
     },
     "localhost-profile-not-pinned",
     R"(seccomp profile not pinned (container "container1": /var/lib/kubelet/seccomp/web.json cannot be copied: no space left))"},
    {"Docker's format, where that is not denied", [](Request& r) { Web(r).docker_format = true; }},
    {"Docker's format, where it is",
     [](Request& r) { Web(r).docker_format = Web(r).refused_docker_format = true; },
     "localhost-profile-docker-format",
     R"(seccomp profile in Docker's format (container "container1" with "web.json", whose conditions the runtime would ignore; write it in the OCI format (sekisho seccomp resolve)))"},
    {"unconfined in disguise", [](Request& r) { Web(r).unconfined_in_disguise = true; },
     "localhost-profile-unconfined",
     R"(seccomp profile refuses nothing that matters (container "container1" with "web.json" would be as good as Unconfined))"},
    {"unconfined in disguise, which is allowed",
     [](Request& r) {
       Web(r).unconfined_in_disguise = true;
       r.spec.localhost.allow_unconfined_in_disguise = true;
     }},
    {"weaker than RuntimeDefault",
     [](Request& r) {
       Web(r).beyond_floor = {"bpf", "clone (arg0 == 1)", "mount"};
     },
     "localhost-profile-floor",
     R"(seccomp profile weaker than RuntimeDefault (container "container1" with "web.json" may also call bpf, clone (arg0 == 1), mount))"},
    {"eight are named",
     [](Request& r) { Web(r).beyond_floor = {"a", "b", "c", "d", "e", "f", "g", "h"}; },
     "localhost-profile-floor",
     R"(seccomp profile weaker than RuntimeDefault (container "container1" with "web.json" may also call a, b, c, d, e, f, g, h))"},
    {"of the ninth on only how many there are",
     [](Request& r) { Web(r).beyond_floor = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}; },
     "localhost-profile-floor",
     R"(seccomp profile weaker than RuntimeDefault (container "container1" with "web.json" may also call a, b, c, d, e, f, g, h, and 2 more))"},
    {"weaker than a file",
     [](Request& r) {
       r.spec.localhost.floor = {Floor::Kind::kFile, kRoot + "team/floor.json"};
       Web(r).beyond_floor = {"bpf"};
     },
     "localhost-profile-floor",
     R"(seccomp profile weaker than "team/floor.json" (container "container1" with "web.json" may also call bpf))"},
    {"allows what must be denied",
     [](Request& r) {
       Web(r).must_deny_allowed = {"bpf", "mount"};
     },
     "localhost-profile-must-deny",
     R"(seccomp profile allows what must be denied (container "container1" with "web.json" may call bpf, mount))"},
    {"refuses what starting takes",
     [](Request& r) {
       Web(r).refused_but_needed = {"execve", "futex"};
     },
     "localhost-profile-cannot-start",
     R"(seccomp profile lets no container start (container "container1" with "web.json" could not call execve, futex))"},
    {"several things at once, in the order of the report",
     [](Request& r) {
       Web(r).must_deny_allowed = Web(r).beyond_floor = {"bpf"};
       Web(r).unconfined_in_disguise = true;
       r.container.devices = {{.host_path = "/dev/mem"}};
       r.container.unknown = {{"config: unknown field 42"}};
     },
     "devices localhost-profile-floor localhost-profile-must-deny localhost-profile-unconfined "
     "unknown-field"},
    {"no onViolation excuses it",
     [](Request& r) {
       r.spec.on_violation.fill(OnViolation::kHarden);
       Web(r).beyond_floor = {"bpf"};
     },
     "localhost-profile-floor"},
    {"a fallback is for what is missing only",
     [](Request& r) {
       r.spec.missing_profile = SeccompTarget{};
       Web(r).beyond_floor = {"bpf"};
     },
     "localhost-profile-floor"},
    {"a copy that is no copy of a file below the kubelet's directory: one of the agent's own",
     [](Request& r) { Web(r).path = Web(r).pinned_path; }},
    {"a file elsewhere that has a copy, by its own name",
     [](Request& r) { r.container.seccomp.localhost_ref = Web(r).path = "/tmp/web.json"; },
     "seccomp-localhost-path"},
    {"a copy of what is not usable", [](Request& r) { Web(r).state = State::kUntrusted; },
     "localhost-profile-untrusted seccomp-localhost-path"},
    {"a path of the pins' directory that is nobody's copy",
     [](Request& r) { r.container.seccomp.localhost_ref = "/var/lib/sekisho/seccomp/other.json"; },
     "seccomp-localhost-path"},
    {"a copy that was not made", [](Request& r) { Web(r).pinned_path.clear(); },
     "seccomp-localhost-path"},
};

}  // namespace

std::vector<CheckTable> LocalhostProfileTables() {
  return {{"Localhost profiles", Level::kBaseline, Judged::kContainer, kRows, RunPinned}};
}

namespace {

TEST(ChecksLocalhostProfile, Rows) {
  for (const CheckTable& table : LocalhostProfileTables()) {
    ExpectRows(table);
  }
}

}  // namespace
}  // namespace sekisho::policy
