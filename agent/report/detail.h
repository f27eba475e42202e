// What a violation's detail says, taken apart. These are Kubernetes' words and ours (agent/policy),
// as they stand in the audit log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho::report::detail {

// No list of a detail is read further: a pod has not so many containers, volumes or sysctls.
inline constexpr size_t kListMax = 32;

// The names behind each `container ` and `containers `, each once, in the order of the text.
std::vector<std::string> ContainersIn(std::string_view text);

// Whether the pod itself is one of those who set it: `pod must …`, `pod and container "a" …`. What
// is asked of `pod or container "a"` can be done in either.
bool NamesPod(std::string_view text);

// The quoted list behind the first `marker`: must not include "A", "B" -> A, B.
std::vector<std::string> QuotedAfter(std::string_view text, std::string_view marker);

// The first word behind `marker`, up to a blank, comma, bracket or the end.
std::string WordAfter(std::string_view text, std::string_view marker);

// The keys behind `prefix`, each up to its `="`: those of annotations.
std::vector<std::string> KeysWithPrefix(std::string_view text, std::string_view prefix);

// The text in parts: at each `separator`.
std::vector<std::string_view> Parts(std::string_view text, std::string_view separator);

}  // namespace sekisho::report::detail
