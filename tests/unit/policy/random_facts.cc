#include "unit/policy/random_facts.h"

#include <array>

namespace sekisho::policy {
namespace {

// What containerd takes, what only Kubernetes refuses, and what is no capability at all.
const auto kCapabilities = std::to_array<std::string>({"ALL",
                                                       "all",
                                                       "All",
                                                       "NET_RAW",
                                                       "net_raw",
                                                       "CAP_NET_RAW",
                                                       "CHOWN",
                                                       "CAP_CHOWN",
                                                       "chown",
                                                       "NET_BIND_SERVICE",
                                                       "net_bind_service",
                                                       "CAP_NET_BIND_SERVICE",
                                                       "KILL",
                                                       "SYS_ADMIN",
                                                       "cap_all",
                                                       "CAP_ALL",
                                                       "CAP_CAP_CHOWN",
                                                       "",
                                                       " CHOWN",
                                                       "CHOWN ",
                                                       "SETUID",
                                                       "MKNOD",
                                                       "BPF",
                                                       "ALL,ALL",
                                                       "*",
                                                       "関所"});

const auto kProfilePaths = std::to_array<std::string>(
    {"/var/lib/kubelet/seccomp/web.json", "/var/lib/kubelet/seccomp/a/b.json",
     "/var/lib/kubelet/seccomp/node.json", "/var/lib/kubelet/seccomp/../pki", "/tmp/x", "x.json",
     "", "/var/lib/kubelet/seccomp//x"});

const auto kDeprecated = std::to_array<std::string>(
    {"", "unconfined", "runtime/default", "docker/default", "localhost/", "localhost/web",
     "localhost//var/lib/kubelet/seccomp/web.json", "localhost//var/lib/kubelet/seccomp/node.json",
     "Unconfined", "runtime/default "});

constexpr auto kUsers = std::to_array<int64_t>(
    {0, 1, 1000, 65535, 2147483647, 2147483648, 4294967296, -1, INT64_MIN, INT64_MAX});

constexpr auto kHostIds = std::to_array<uint32_t>({0, 1000, 65535, 65536, 131072, UINT32_MAX});

const auto kSELinuxWords =
    std::to_array<std::string>({"", "", "container_t", "container_init_t", "container_engine_t",
                                "spc_t", "system_u", "Container_t"});

// Allowed by some version, by none, and in the kernel's other spelling.
const auto kSysctls = std::to_array<std::string>({"net.ipv4.tcp_syncookies", "net.ipv4.tcp_rmem",
                                                  "net.ipv4.tcp_notsent_lowat", "kernel.msgmax",
                                                  "net/ipv4/tcp_syncookies", ""});

}  // namespace

Names RandomFacts::CapabilityList() {
  Names names;
  for (uint32_t left = Below(5); left > 0; --left) {
    names.push_back(OneOf(kCapabilities));
  }
  return names;
}

// Some of them, in another order, with strangers among them.
Names RandomFacts::PathList(Names some) {
  std::erase_if(some, [this](const std::string&) { return Chance(20); });
  for (uint32_t left = Below(3); left > 0; --left) {
    some.insert(
        some.begin() + Below(static_cast<uint32_t>(some.size()) + 1),
        OneOf(std::to_array<std::string>({"", "/", "/proc/kcore/", "/proc/kcore", "/secret"})));
  }
  return some;
}

SecurityProfile RandomFacts::Profile() {
  const auto type = OneOf(std::to_array({ProfileType::kAbsent, ProfileType::kRuntimeDefault,
                                         ProfileType::kUnconfined, ProfileType::kLocalhost}));
  // A path beside another type than Localhost means nothing, and must not confuse anybody.
  const bool has_path = type == ProfileType::kLocalhost || Chance(10);
  return {type, has_path ? OneOf(kProfilePaths) : ""};
}

std::string RandomFacts::Deprecated() {
  return OneOf(kDeprecated);
}

NamespaceMode RandomFacts::Mode() {
  return static_cast<NamespaceMode>(Below(4));
}

UserNamespace RandomFacts::Userns() {
  UserNamespace userns = OwnUsers();
  if (Chance(30)) {
    userns.mode = Mode();
  }
  for (auto* const ids : {&userns.uids, &userns.gids}) {
    if (Chance(20)) {
      ids->clear();
    } else if (Chance(30)) {
      ids->push_back({OneOf(kHostIds), Below(3), Below(3)});
    }
  }
  return userns;
}

SeccompTarget RandomFacts::Target() {
  return Chance(50) ? SeccompTarget{} : SeccompTarget{"/var/lib/kubelet/seccomp/node.json"};
}

// Half of them the newest, some newer than any that is known.
Version RandomFacts::AnyVersion() {
  return Chance(50) ? Version{} : Version{static_cast<int>(Below(kLatestMinor + 4))};
}

void RandomFacts::Break(SandboxFacts& sandbox) {
  switch (Below(9)) {
    case 0:
      sandbox.privileged = true;
      break;
    case 1:
      sandbox.namespaces.network = Mode();
      break;
    case 2:
      sandbox.namespaces.pid = Mode();
      break;
    case 3:
      sandbox.namespaces.userns = Userns();
      break;
    case 4:
      sandbox.selinux = {OneOf(kSELinuxWords), OneOf(kSELinuxWords), OneOf(kSELinuxWords), "s0"};
      break;
    case 5:
      sandbox.run_as_user = OneOf(kUsers);
      break;
    case 6:
      sandbox.sysctls.emplace(OneOf(kSysctls), "0");
      sandbox.sysctls.emplace(OneOf(kSysctls), "1");
      break;
    case 7:
      sandbox.host_ports.push_back(static_cast<int32_t>(Below(3)) - 1);
      break;
    default:
      if (Chance(50)) {
        sandbox.annotations["container.seccomp.security.alpha.kubernetes.io/x"] = Deprecated();
        break;
      }
      sandbox.annotations["container.apparmor.security.beta.kubernetes.io/x"] = Deprecated();
      break;
  }
}

// What hardening can put right.
void RandomFacts::BreakSettings(ContainerFacts& container) {
  switch (Below(6)) {
    case 0:
      container.capabilities_add = CapabilityList();
      break;
    case 1:
      container.capabilities_drop = CapabilityList();
      break;
    case 2:
      container.capabilities_ambient = CapabilityList();
      break;
    case 3:
      container.no_new_privs = false;
      break;
    case 4:
      container.masked_paths = PathList(container.masked_paths);
      break;
    default:
      container.readonly_paths = PathList(container.readonly_paths);
      break;
  }
}

void RandomFacts::BreakProfiles(ContainerFacts& container) {
  switch (Below(4)) {
    case 0:
      container.seccomp = Profile();
      break;
    case 1:
      container.seccomp_profile_path = Deprecated();
      break;
    case 2:
      container.apparmor = Profile();
      break;
    default:
      container.apparmor_profile = Deprecated();
      break;
  }
}

// What can only be refused.
void RandomFacts::BreakIdentity(Request& request) {
  ContainerFacts& container = request.container;
  switch (Below(10)) {
    case 0:
      container.privileged = true;
      break;
    case 1:
      container.namespaces.network = Mode();
      break;
    case 2:
      container.namespaces.pid = Mode();
      break;
    case 3:
      container.namespaces.userns = Userns();
      break;
    case 4:
      container.namespaces.userns = request.sandbox.namespaces.userns = Userns();
      break;
    case 5:
      container.selinux = {OneOf(kSELinuxWords), OneOf(kSELinuxWords), OneOf(kSELinuxWords), ""};
      break;
    case 6:
      container.run_as_user = OneOf(kUsers);
      break;
    case 7:
      container.run_as_username = OneOf(std::to_array<std::string>({"", "root", "0", "nobody"}));
      break;
    case 8:
      container.host_ports = {static_cast<int32_t>(Below(3)) - 1};
      break;
    default:
      container.unknown.push_back({"config: unknown field 42"});
      break;
  }
}

// What a look at the file could have found: mostly nothing wrong.
seccomp::ProfileFacts RandomFacts::ProfileFile(const std::string& path) {
  using State = seccomp::ProfileFacts::State;
  seccomp::ProfileFacts facts;
  facts.path = path;
  facts.state = Chance(20)   ? State::kMissing
                : Chance(70) ? State::kUsable
                             : static_cast<State>(Below(5));
  if (facts.state != State::kUsable) {
    facts.fault = "is wrong";
    return facts;
  }
  if (Chance(90)) {
    facts.pinned_path = "/var/lib/sekisho/seccomp/" + std::to_string(Below(3)) + ".json";
  }
  facts.docker_format = Chance(10);
  facts.refused_docker_format = Chance(4);
  facts.unconfined_in_disguise = Chance(6);
  for (auto* const calls :
       {&facts.beyond_floor, &facts.must_deny_allowed, &facts.refused_but_needed}) {
    if (Chance(4)) {
      *calls = {"bpf", "mount"};
    }
  }
  return facts;
}

// Of the files that a request can name some were looked at, whether it names them or not; and it
// may name a copy already.
void RandomFacts::LookAtProfileFiles(Request& request) {
  ContainerFacts& container = request.container;
  for (const std::string& path : {kProfilePaths[0], kProfilePaths[1], kProfilePaths[2]}) {
    if (Chance(80)) {
      container.profiles.push_back(ProfileFile(path));
    }
  }
  if (Chance(70)) {
    container.seccomp = {ProfileType::kLocalhost, kProfilePaths[Below(3)]};
  }
  for (const seccomp::ProfileFacts& profile : container.profiles) {
    if (!profile.pinned_path.empty() && Chance(20)) {
      container.seccomp = {ProfileType::kLocalhost, profile.pinned_path};
    }
  }
  if (Chance(50)) {
    request.spec.missing_profile = Target();
  }
  request.spec.localhost.allow_unconfined_in_disguise = Chance(20);
}

void RandomFacts::Harden(Spec& spec) {
  for (OnViolation& action : spec.on_violation) {
    action = Chance(75) ? OnViolation::kHarden : OnViolation::kDeny;
  }
  spec.harden.seccomp_unconfined = Target();
  spec.harden.deny_unconfined = Chance(15);
  if (Chance(30)) {
    spec.harden.seccomp_always = Target();
  }
  for (const char* name : {"NET_RAW", "CHOWN", "NET_BIND_SERVICE", "ALL", "SYS_ADMIN"}) {
    if (Chance(20)) {
      spec.harden.drop_capabilities.emplace_back(name);
    }
  }
  spec.harden.no_new_privileges = Chance(50);
  spec.harden.masked_paths = Chance(50);
  Vouch(spec);
}

Request RandomFacts::AnyUnhardened() {
  Request request = LegalRequest(Level::kBaseline);
  for (uint32_t faults = Below(4); faults > 0; --faults) {
    BreakSettings(request.container);
  }
  for (uint32_t faults = Below(3); faults > 0; --faults) {
    BreakProfiles(request.container);
  }
  if (Chance(30)) {
    LookAtProfileFiles(request);
  }
  if (Chance(20)) {
    BreakIdentity(request);
  }
  if (Chance(20)) {
    Break(request.sandbox);
  }
  for (uint32_t more = Chance(30) ? 1 + Below(3) : 0; more > 0; --more) {
    BreakMounts(request.container);
  }
  if (Chance(20)) {
    BreakBackDoors(request.container);
  }
  if (Chance(20)) {
    BreakBackDoors(request.sandbox);
  }
  request.spec.enforce.version = AnyVersion();
  request.spec.node.kubelet_seccomp_default = Chance(50);
  return request;
}

Request RandomFacts::Any() {
  Request request = AnyUnhardened();
  const auto level = [this] { return static_cast<Level>(Below(3)); };
  request.spec.enforce.level = Chance(10) ? Level::kPrivileged : static_cast<Level>(1 + Below(2));
  request.spec.audit = {level(), AnyVersion()};
  request.spec.warn = {level(), AnyVersion()};
  Harden(request.spec);
  return request;
}

}  // namespace sekisho::policy
