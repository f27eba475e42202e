#include "differential/second_profiles.h"

#include <string>

namespace sekisho::differential {

namespace v1 = runtime::v1;

namespace {

using Context = v1::LinuxContainerSecurityContext;

// The deprecated text of a profile. What is none of the known words promises nothing, and neither
// does a profile without a name: runtimes differ about it.
bool IsConfinedText(const std::string& text) {
  return text == "runtime/default" || text == "docker/default" ||
         (text.starts_with("localhost/") && text != "localhost/");
}

bool IsConfinedType(const v1::SecurityProfile& profile) {
  return profile.profile_type() == v1::SecurityProfile::RuntimeDefault ||
         profile.profile_type() == v1::SecurityProfile::Localhost;
}

}  // namespace

bool IsSELinuxForbidden(const v1::SELinuxOption& options, int minor) {
  const std::string& type = options.type();
  const bool type_allowed = type.empty() || type == "container_t" || type == "container_init_t" ||
                            type == "container_kvm_t" ||
                            (type == "container_engine_t" && minor >= 31);
  return !type_allowed || !options.user().empty() || !options.role().empty();
}

// A container that says nothing gets its sandbox's label.
bool IsSELinuxForbidden(const v1::PodSandboxConfig& pod, const Context& context, int minor) {
  const v1::SELinuxOption& own = context.selinux_options();
  const bool says_nothing =
      own.user().empty() && own.role().empty() && own.type().empty() && own.level().empty();
  return IsSELinuxForbidden(says_nothing ? pod.linux().security_context().selinux_options() : own,
                            minor);
}

// For containers that do not exist, too.
bool HasForbiddenAppArmorAnnotation(const v1::PodSandboxConfig& pod) {
  for (const auto& [key, value] : pod.annotations()) {
    if (key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !value.empty() &&
        value != "runtime/default" && !value.starts_with("localhost/")) {
      return true;
    }
  }
  return false;
}

// Admission looks for annotations of the pod's containers alone. RunPodSandbox does not say which
// there are, so that every one is taken for one of them.
bool HasForbiddenSeccompAnnotation(const v1::PodSandboxConfig& pod) {
  for (const auto& [key, value] : pod.annotations()) {
    const bool is_one = key == "seccomp.security.alpha.kubernetes.io/pod" ||
                        key.starts_with("container.seccomp.security.alpha.kubernetes.io/");
    if (is_one && value != "runtime/default" && value != "docker/default" &&
        !value.starts_with("localhost/")) {
      return true;
    }
  }
  return false;
}

// Absent is the runtime's default profile. Which of the two fields counts is the runtime's
// business, so neither may ask for less.
bool IsAppArmorForbidden(const Context& context) {
  return (context.has_apparmor() && !IsConfinedType(context.apparmor())) ||
         (!context.apparmor_profile().empty() && !IsConfinedText(context.apparmor_profile()));
}

// Absent is unconfined, unless the deprecated field says otherwise; a message that is there with
// nothing in it is RuntimeDefault, the zero value. Again neither field may ask for less.
bool IsSeccompUnconfined(const Context& context) {
  const std::string& deprecated = context.seccomp_profile_path();
  if (!context.has_seccomp()) {
    return !IsConfinedText(deprecated);
  }
  return !IsConfinedType(context.seccomp()) || (!deprecated.empty() && !IsConfinedText(deprecated));
}

}  // namespace sekisho::differential
