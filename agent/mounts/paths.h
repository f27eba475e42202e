// Arithmetic on paths as text, component by component. Nothing here touches a file system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho::mounts {

// In words, what keeps `path` from being absolute and in its shortest form; empty when nothing
// does. A kubelet joins its own paths with Go's filepath.Join and so writes no other form, while a
// hostPath arrives as the pod's author spelt it.
std::string_view WhyNotClean(std::string_view path);

// One component: not empty, not "." or "..", no slash, no NUL.
bool IsPlainName(std::string_view name);

// Of a clean absolute path; "/" has none. The views borrow from `path`.
std::vector<std::string_view> Components(std::string_view path);

// What Go's filepath.Clean makes of "/" + path.
std::string CleanAbsolute(std::string_view path);

// Whether `path` is `directory` or lies below it. "/data2" is not below "/data". Both are clean.
bool IsAtOrBelow(std::string_view path, std::string_view directory);

// What `path`, at or below `directory`, adds to it: no slash in front, empty for the same path.
std::string_view RelativeTo(std::string_view path, std::string_view directory);

// The reverse: `relative` put behind `directory`.
std::string Join(std::string_view directory, std::string_view relative);

}  // namespace sekisho::mounts
