// Files of Localhost profiles for tests, and what was found out about them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unit/policy/check_case.h"

namespace sekisho::policy {

inline const std::string kRoot = "/var/lib/kubelet/seccomp/";
inline const std::string kWeb = kRoot + "web.json";
inline const std::string kNode = kRoot + "node.json";
inline const std::string kFallback = kRoot + "fallback.json";

inline std::string PinOf(const std::string& path) {
  return "/var/lib/sekisho/seccomp/" + path.substr(kRoot.size());
}

inline seccomp::ProfileFacts Good(const std::string& path) {
  seccomp::ProfileFacts facts;
  facts.path = path;
  facts.state = seccomp::ProfileFacts::State::kUsable;
  facts.pinned_path = PinOf(path);
  return facts;
}

inline seccomp::ProfileFacts Bad(const std::string& path, seccomp::ProfileFacts::State state,
                                 std::string fault = "") {
  seccomp::ProfileFacts facts;
  facts.path = path;
  facts.state = state;
  facts.fault = std::move(fault);
  return facts;
}

// A container that runs with the pinned copy of web.json, which is as it must be.
inline void RunPinned(Request& r) {
  r.container.seccomp = {ProfileType::kLocalhost, PinOf(kWeb)};
  r.container.profiles = {Good(kWeb)};
}

// A container that names web.json, with what was found out about it and other files.
inline Request Naming(std::vector<seccomp::ProfileFacts> profiles) {
  Request r = LegalRequest(Level::kBaseline);
  r.container.seccomp = {ProfileType::kLocalhost, kWeb};
  r.container.profiles = std::move(profiles);
  return r;
}

// What was found out about the file that it names.
inline seccomp::ProfileFacts& Web(Request& r) {
  return r.container.profiles.front();
}

}  // namespace sekisho::policy
