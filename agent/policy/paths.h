// Paths as text. Nothing here touches a file system.
#pragma once

#include <string_view>

namespace sekisho::policy {

// Absolute and in its shortest form: no empty, "." or ".." component, no trailing slash, no NUL.
bool IsCleanAbsolutePath(std::string_view path);

// Whether a clean path lies strictly below a clean directory, component by component:
// "/var/lib/kubelet2/x" is not below "/var/lib/kubelet".
bool IsBelow(std::string_view path, std::string_view directory);

}  // namespace sekisho::policy
