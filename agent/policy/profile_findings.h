// What the checks of profiles share: bad types and who sets them, annotations as text.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checks.h"

namespace sekisho::policy {

// The weaker of the current field and the deprecated one, where both are set: which of them counts
// is up to the runtime. Unconfined is weakest; of two others the current one is what runtimes read.
SecurityProfile Weaker(const SecurityProfile& current, const SecurityProfile& deprecated);

// Who declares a type that is neither RuntimeDefault nor Localhost, and which.
struct BadTypes {
  std::vector<std::string> setters;
  std::set<std::string> values;
};
BadTypes BadDeclaredTypes(const Subject& subject, std::string DeclaredContext::*type);

// Several setters of one bad value or of several, as upstream writes it.
std::string MustNotSet(const std::vector<std::string>& setters, std::string_view what,
                       const std::vector<std::string>& values);

// key="value" with the value as Go's %q writes it, for the characters that an annotation can have:
// a line break in it stays in its line.
std::string AnnotationText(const std::string& key, const std::string& value);

}  // namespace sekisho::policy
