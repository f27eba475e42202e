#include "policy/decision.h"

namespace sekisho::policy {

bool Edits::empty() const {
  return !seccomp && !apparmor && !capabilities_add && !capabilities_drop &&
         !capabilities_ambient && !no_new_privs && !masked_paths && !readonly_paths &&
         !readonly_rootfs && !selinux && remove_annotations.empty();
}

bool SandboxEdits::empty() const {
  return remove_sysctls.empty() && remove_annotations.empty() && !selinux.has_value();
}

std::string_view ActionName(Action action) {
  switch (action) {
    case Action::kAllow:
      return "allow";
    case Action::kHarden:
      return "harden";
    case Action::kDeny:
      return "deny";
  }
  return "deny";
}

}  // namespace sekisho::policy
