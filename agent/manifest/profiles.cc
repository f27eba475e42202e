#include "manifest/profiles.h"

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/str_cat.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
using base::StrCat;

constexpr std::string_view kAppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kLocalhost = "localhost/";

std::optional<Profile> FromAnnotation(const PodManifest& pod, const std::string& container) {
  const auto found = pod.annotations.find(StrCat(kAppArmorAnnotation, container));
  if (found == pod.annotations.end()) {
    return std::nullopt;
  }
  const std::string& value = found->second;
  if (value == "runtime/default") {
    return Profile{.type = "RuntimeDefault", .localhost_profile = {}};
  }
  if (value == "unconfined") {
    return Profile{.type = "Unconfined", .localhost_profile = {}};
  }
  if (value.starts_with(kLocalhost)) {
    return Profile{.type = "Localhost", .localhost_profile = value.substr(kLocalhost.size())};
  }
  return std::nullopt;
}

}  // namespace

void ProjectSeccomp(const PodSecurityContext& pod, const SecurityContext& container,
                    const Options& options, cri::LinuxContainerSecurityContext& out,
                    std::vector<std::string>& remarks) {
  const std::optional<Profile>& profile =
      container.seccomp_profile.has_value() ? container.seccomp_profile : pod.seccomp_profile;
  cri::SecurityProfile& seccomp = *out.mutable_seccomp();
  if (!profile.has_value()) {
    seccomp.set_profile_type(options.seccomp_default ? cri::SecurityProfile::RuntimeDefault
                                                     : cri::SecurityProfile::Unconfined);
    return;
  }
  seccomp.set_profile_type(cri::SecurityProfile::Unconfined);
  if (profile->type == "RuntimeDefault") {
    seccomp.set_profile_type(cri::SecurityProfile::RuntimeDefault);
  } else if (profile->type == "Localhost") {
    if (profile->localhost_profile.value_or("").empty()) {
      remarks.emplace_back("seccompProfile.type is Localhost, without a localhostProfile");
      return;
    }
    seccomp.set_profile_type(cri::SecurityProfile::Localhost);
    seccomp.set_localhost_ref(std::filesystem::path(StrCat(options.kubelet_root, "/seccomp/",
                                                           *profile->localhost_profile))
                                  .lexically_normal()
                                  .string());
  }
}

void ProjectAppArmor(const PodManifest& pod, const PodSecurityContext& pod_context,
                     const Container& container, cri::LinuxContainerSecurityContext& out,
                     std::vector<std::string>& remarks) {
  std::optional<Profile> profile;
  if (container.security_context.has_value()) {
    profile = container.security_context->app_armor_profile;
  }
  if (!profile.has_value()) {
    profile = FromAnnotation(pod, container.name);
  }
  if (!profile.has_value()) {
    profile = pod_context.app_armor_profile;
  }
  if (!profile.has_value()) {
    return;
  }
  if (profile->type == "RuntimeDefault") {
    out.mutable_apparmor()->set_profile_type(cri::SecurityProfile::RuntimeDefault);
    out.set_apparmor_profile("runtime/default");
  } else if (profile->type == "Unconfined") {
    out.mutable_apparmor()->set_profile_type(cri::SecurityProfile::Unconfined);
    out.set_apparmor_profile("unconfined");
  } else if (profile->type != "Localhost") {
    remarks.push_back(StrCat("appArmorProfile.type is unknown: ", profile->type));
  } else if (profile->localhost_profile.value_or("").empty()) {
    remarks.emplace_back("appArmorProfile.type is Localhost, without a localhostProfile");
  } else {
    out.mutable_apparmor()->set_profile_type(cri::SecurityProfile::Localhost);
    out.mutable_apparmor()->set_localhost_ref(*profile->localhost_profile);
    out.set_apparmor_profile(StrCat(kLocalhost, *profile->localhost_profile));
  }
}

}  // namespace sekisho::manifest
