#include "verify/expected.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "caps/cri_caps.h"
#include "policy/checks.h"

namespace sekisho::verify {
namespace {

using policy::ContainerFacts;
using policy::NamespaceMode;
using policy::SandboxFacts;

// Also what a newer kernel has and our libraries have no name for.
constexpr caps::CapSet kEveryCapability(~uint64_t{0});

// What a name in `add` gives depends on the runtime where it has the prefix: containerd gives
// nothing, others the capability. Either is as asked for. containerd drops what is to be ambient,
// others give it.
caps::CapSet Bounding(const ContainerFacts& container) {
  std::vector<std::string> add;
  for (const auto* names : {&container.capabilities_add, &container.capabilities_ambient}) {
    for (const std::string& name : *names) {
      add.push_back(caps::CanonicalName(name));
    }
  }
  return caps::EffectiveFromCri(add, container.capabilities_drop, kEveryCapability);
}

// A user by number: run_as_username may hold one as well ("1000", "1000:100"), and overrides.
// Nothing for a name, which only the image's /etc/passwd resolves.
std::optional<int64_t> NumberOfUser(const ContainerFacts& container) {
  if (container.run_as_username.empty()) {
    return container.run_as_user;
  }
  const std::string_view user =
      std::string_view(container.run_as_username).substr(0, container.run_as_username.find(':'));
  uint32_t number = 0;
  const auto [stop, error] = std::from_chars(user.data(), user.data() + user.size(), number);
  if (error != std::errc() || stop != user.data() + user.size()) {
    return std::nullopt;
  }
  return number;
}

// The pod's own user namespace, where container and sandbox agree on one. Other than the policy's
// policy::InUserNamespace(), it may map to users of the node: it is one all the same.
const policy::UserNamespace* UserNamespaceOf(const SandboxFacts& sandbox,
                                             const ContainerFacts& container) {
  const std::optional<policy::UserNamespace>& userns = container.namespaces.userns;
  const bool asked = userns.has_value() && userns == sandbox.namespaces.userns &&
                     userns->mode == NamespaceMode::kPod && !userns->uids.empty();
  return asked ? &*userns : nullptr;
}

// A runtime takes the network, IPC and UTS namespaces from the sandbox, which has those of the host
// where its mode is NODE; UTS goes with the network. The container's own mode says the same, or the
// request does not come from a kubelet: then whichever of the two the runtime reads is as asked.
// Every other mode of the pid namespace (CONTAINER, POD, TARGET) is one below the host's.
std::set<std::string> OwnNamespaces(const SandboxFacts& sandbox, const ContainerFacts& container) {
  const auto is_own = [&](NamespaceMode policy::NamespaceOptions::*mode) {
    return sandbox.namespaces.*mode != NamespaceMode::kNode &&
           container.namespaces.*mode != NamespaceMode::kNode;
  };
  std::set<std::string> own = {"mnt"};
  if (is_own(&policy::NamespaceOptions::network)) {
    own.insert({"net", "uts"});
  }
  if (is_own(&policy::NamespaceOptions::pid)) {
    own.insert("pid");
  }
  if (is_own(&policy::NamespaceOptions::ipc)) {
    own.insert("ipc");
  }
  if (UserNamespaceOf(sandbox, container) != nullptr) {
    own.insert("user");
  }
  return own;
}

// Where the container's uid 0 is mapped to. A namespace that does not map it has no such user.
int64_t RootUid(const SandboxFacts& sandbox, const ContainerFacts& container) {
  if (const policy::UserNamespace* userns = UserNamespaceOf(sandbox, container)) {
    for (const policy::IdMapping& mapping : userns->uids) {
      if (mapping.container_id == 0 && mapping.length > 0) {
        return mapping.host_id;
      }
    }
  }
  return 0;
}

// The kubelet writes a Localhost profile's name alone, and runtimes take off a "localhost/".
std::string AppArmorOf(const ContainerFacts& container) {
  constexpr std::string_view kLocalhost = "localhost/";
  const policy::SecurityProfile profile = policy::EffectiveAppArmor(container);
  switch (profile.type) {
    case policy::ProfileType::kRuntimeDefault:
      return "*";
    case policy::ProfileType::kLocalhost:
      return profile.localhost_ref.starts_with(kLocalhost)
                 ? profile.localhost_ref.substr(kLocalhost.size())
                 : profile.localhost_ref;
    case policy::ProfileType::kAbsent:
    case policy::ProfileType::kUnconfined:
      break;
  }
  return "";
}

}  // namespace

Expected ExpectedOf(const SandboxFacts& sandbox, const ContainerFacts& container) {
  Expected expected;
  expected.no_new_privs = container.no_new_privs;
  expected.uid = NumberOfUser(container);
  expected.non_root = expected.uid.has_value() && *expected.uid != 0;
  expected.root_uid = RootUid(sandbox, container);
  expected.own_namespaces = OwnNamespaces(sandbox, container);
  expected.root_read_only = container.readonly_rootfs;
  if (container.privileged) {
    expected.bounding = kEveryCapability;
    return expected;
  }
  expected.seccomp_filter =
      policy::EffectiveSeccomp(container).type != policy::ProfileType::kUnconfined;
  expected.bounding = Bounding(container);
  expected.apparmor = AppArmorOf(container);
  return expected;
}

}  // namespace sekisho::verify
