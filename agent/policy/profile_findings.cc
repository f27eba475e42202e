#include "policy/profile_findings.h"

#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::policy {
namespace {

bool IsAllowedType(std::string_view type) {
  return type.empty() || type == "RuntimeDefault" || type == "Localhost";
}

}  // namespace

SecurityProfile Weaker(const SecurityProfile& current, const SecurityProfile& deprecated) {
  if (current.type == ProfileType::kAbsent) {
    return deprecated;
  }
  return deprecated.type == ProfileType::kUnconfined ? deprecated : current;
}

BadTypes BadDeclaredTypes(const Subject& subject, std::string DeclaredContext::*type) {
  BadTypes bad;
  const DeclaredPod& pod = *subject.declared;
  if (!IsAllowedType(pod.context.*type)) {
    bad.setters.emplace_back("pod");
    bad.values.insert(pod.context.*type);
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < subject.containers.size(); ++i) {
    const std::string& own = pod.containers[i].context.*type;
    if (!IsAllowedType(own)) {
      names.push_back(subject.containers[i].name);
      bad.values.insert(own);
    }
  }
  if (!names.empty()) {
    bad.setters.push_back(ContainersText(names));
  }
  return bad;
}

std::string MustNotSet(const std::vector<std::string>& setters, std::string_view what,
                       const std::vector<std::string>& values) {
  return base::StrCat(base::StrJoin(setters, " and "), " must not set ", what, " to ",
                      JoinQuoted(values));
}

std::string AnnotationText(const std::string& key, const std::string& value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
      case '\\':
        quoted.append({'\\', c});
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\r':
        quoted += "\\r";
        break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          quoted.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
        } else {
          quoted += c;
        }
    }
  }
  return base::StrCat(key, "=\"", quoted, "\"");
}

}  // namespace sekisho::policy
