#include "mounts/paths.h"

#include "base/str_cat.h"

namespace sekisho::mounts {
namespace {

// Takes the text before the next slash, and the slash, off `rest`.
std::string_view TakeComponent(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view component = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return component;
}

}  // namespace

std::string_view WhyNotClean(std::string_view path) {
  if (path.empty()) {
    return "host_path is empty";
  }
  if (path.find('\0') != std::string_view::npos) {
    return "host_path has a NUL byte in it";
  }
  if (path.front() != '/') {
    return "host_path is relative";
  }
  if (path == "/") {
    return {};
  }
  if (path.find("//") != std::string_view::npos) {
    return "host_path has a double slash in it";
  }
  if (path.back() == '/') {
    return "host_path ends in a slash";
  }
  for (std::string_view rest = path.substr(1); !rest.empty();) {
    const std::string_view component = TakeComponent(rest);
    if (component == ".") {
      return "host_path has a \".\" in it";
    }
    if (component == "..") {
      return "host_path has a \"..\" in it";
    }
  }
  return {};
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

std::vector<std::string_view> Components(std::string_view path) {
  std::vector<std::string_view> components;
  for (std::string_view rest = path.substr(1); !rest.empty();) {
    components.push_back(TakeComponent(rest));
  }
  return components;
}

std::string CleanAbsolute(std::string_view path) {
  std::string clean;
  while (!path.empty()) {
    const std::string_view component = TakeComponent(path);
    if (component == "..") {
      clean.resize(clean.empty() ? 0 : clean.rfind('/'));
    } else if (!component.empty() && component != ".") {
      clean.append("/").append(component);
    }
  }
  return clean.empty() ? "/" : clean;
}

bool IsAtOrBelow(std::string_view path, std::string_view directory) {
  if (directory == "/") {
    return path.starts_with('/');
  }
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string_view RelativeTo(std::string_view path, std::string_view directory) {
  path.remove_prefix(directory == "/" ? 0 : directory.size());
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  return path;
}

std::string Join(std::string_view directory, std::string_view relative) {
  if (relative.empty()) {
    return std::string(directory);
  }
  return base::StrCat(directory == "/" ? "" : directory, "/", relative);
}

}  // namespace sekisho::mounts
