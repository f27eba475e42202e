#include "policy/deprecated_profile.h"

#include "base/str_cat.h"

namespace sekisho::policy {
namespace {

constexpr std::string_view kRuntimeDefault = "runtime/default";
constexpr std::string_view kLocalhost = "localhost/";

}  // namespace

SecurityProfile FromDeprecated(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  if (text == kRuntimeDefault || text == "docker/default") {
    return {ProfileType::kRuntimeDefault, ""};
  }
  if (text.starts_with(kLocalhost) && text != kLocalhost) {
    return {ProfileType::kLocalhost, std::string(text.substr(kLocalhost.size()))};
  }
  return {ProfileType::kUnconfined, ""};  // "unconfined", or what no runtime promises to understand
}

std::string ToDeprecated(const SecurityProfile& profile) {
  switch (profile.type) {
    case ProfileType::kAbsent:
      return "";
    case ProfileType::kRuntimeDefault:
      return std::string(kRuntimeDefault);
    case ProfileType::kUnconfined:
      return "unconfined";
    case ProfileType::kLocalhost:
      return base::StrCat(kLocalhost, profile.localhost_ref);
  }
  return "";
}

}  // namespace sekisho::policy
