// What the policy says of one request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/spec.h"

namespace sekisho::policy {

// One failed check, in the words of Kubernetes' Pod Security Admission.
struct Violation {
  std::string_view check;  // stable id: "capabilities_baseline", or one of ours ("unknown-field")
  std::string reason;      // "non-default capabilities"
  std::string detail;      // `container "c" must not include "NET_RAW" in …`; may be empty
};

// The edits that make a container's request legal. Each member that is set replaces the field of
// that name as a whole; a member that is not set leaves its field alone. `cri::Apply` is the only
// reader.
struct Edits {
  std::optional<SecurityProfile> seccomp =
      {};  // also rewrites the deprecated path when that is set
  std::optional<SecurityProfile> apparmor = {};  // likewise
  std::optional<std::vector<std::string>> capabilities_add = {};
  std::optional<std::vector<std::string>> capabilities_drop = {};
  std::optional<std::vector<std::string>> capabilities_ambient = {};
  std::optional<bool> no_new_privs = {};
  std::optional<std::vector<std::string>> masked_paths = {};
  std::optional<std::vector<std::string>> readonly_paths = {};
  std::optional<bool> readonly_rootfs = {};
  std::optional<SELinuxOptions> selinux = {};
  std::vector<std::string> remove_annotations = {};  // keys

  bool empty() const;
};

// The same for a sandbox: of RunPodSandbox, and of the copy that every CreateContainer carries.
struct SandboxEdits {
  std::vector<std::string> remove_sysctls = {};      // names
  std::vector<std::string> remove_annotations = {};  // keys
  std::optional<SELinuxOptions> selinux = {};

  bool empty() const;
};

// One edit as a person reads it, for the audit log: the request's field path, before, after.
struct EditRecord {
  std::string field;   // "config.linux.security_context.seccomp"
  std::string before;  // "Unconfined"
  std::string after;   // "RuntimeDefault"
};

enum class Action { kAllow, kHarden, kDeny };
std::string_view ActionName(Action action);  // "allow", "harden", "deny"

struct Decision {
  Action action = Action::kDeny;      // a Decision nobody filled in denies
  std::vector<Violation> violations;  // of the enforced level; all of them, repaired ones included
  std::vector<Violation> audit;       // what the audit level would refuse
  std::vector<Violation> warn;        // what the warn level would refuse
  // One of the two is non-empty exactly when action == kHarden.
  Edits edits;                 // EvaluateContainer
  SandboxEdits sandbox_edits;  // EvaluateSandbox
  std::vector<EditRecord> edit_records;
  // The refusal as Kubernetes writes it: `violates PodSecurity "restricted:latest": reason
  // (detail), …`, and `violates node policy: …` for what no Pod Security level says; with the
  // violations that were not repaired. Empty unless action == kDeny.
  std::string message;
  // A container that is let through, and whose seccomp profile, whichever it is, the runtime will
  // not attach (SeccompIsIgnored). EvaluateContainer only.
  bool seccomp_ignored = false;
};

}  // namespace sekisho::policy
