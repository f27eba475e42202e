// AppArmor: the profile a container runs under.
#include <set>

#include "policy/checks.h"
#include "policy/deprecated_profile.h"
#include "policy/profile_findings.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kAppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

}  // namespace

SecurityProfile EffectiveAppArmor(const ContainerFacts& container) {
  return Weaker(container.apparmor, FromDeprecated(container.apparmor_profile));
}

std::optional<Finding> AppArmor(const Question& question) {
  const Subject& subject = question.subject;
  BadTypes bad;
  if (subject.declared != nullptr) {
    bad = BadDeclaredTypes(subject, &DeclaredContext::apparmor_type);
  } else {
    const std::vector<std::string> names = NamesWhere(subject, [](const ContainerFacts& container) {
      return EffectiveAppArmor(container).type == ProfileType::kUnconfined;
    });
    if (!names.empty()) {
      bad.setters.push_back(ContainersText(names));
      bad.values.insert("Unconfined");
    }
  }
  std::set<std::string> annotations;
  if (subject.IncludesPod()) {
    for (const auto& [key, value] : subject.sandbox.annotations) {
      if (key.starts_with(kAppArmorAnnotation) && !value.empty() && value != "runtime/default" &&
          !value.starts_with("localhost/")) {
        annotations.insert(AnnotationText(key, value));
      }
    }
  }
  if (!annotations.empty()) {
    bad.setters.emplace_back(annotations.size() == 1 ? "annotation" : "annotations");
  }
  if (bad.setters.empty()) {
    return std::nullopt;
  }
  std::vector<std::string> values(bad.values.begin(), bad.values.end());
  values.insert(values.end(), annotations.begin(), annotations.end());
  return Finding{values.size() == 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles",
                 MustNotSet(bad.setters, "AppArmor profile type", values)};
}

}  // namespace sekisho::policy
