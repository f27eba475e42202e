// The JSON document of the cache file: what is in it, apart from how it lies on the disk.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kube/namespace_store.h"

namespace sekisho::kube {

// One line of JSON without its end:
//   {"apiVersion":"sekisho.io/v1alpha1","confirmed":"2026-01-31T23:59:59Z","kind":"NamespaceCache",
//    "labelSets":[{"pod-security.kubernetes.io/enforce":"baseline"},…],
//    "namespaces":{"kube-system":0,…},"resourceVersion":"12345","server":"https://…"}
// A namespace's number is the place of its labels in `labelSets`. INVALID_ARGUMENT when a name or a
// label is not UTF-8.
absl::StatusOr<std::string> NamespaceDocument(const NamespaceCopy& copy, const std::string& server);

// The other way round. NOT_FOUND: it is another server's. INVALID_ARGUMENT: it is no such document.
// Members that are not known are left out.
absl::StatusOr<NamespaceCopy> ParseNamespaceDocument(std::string_view json,
                                                     const std::string& server);

}  // namespace sekisho::kube
