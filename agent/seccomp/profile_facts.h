// What the node knows of the profile file that a container would run with.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::seccomp {

struct ProfileFacts {
  enum class State {
    kUsable,     // read, judged and pinned
    kMissing,    // there is no such file
    kUntrusted,  // somebody else than root could change it, or it is no regular file, or its path
                 // leads out of the directory
    kInvalid,    // no profile, or one that cannot be compiled or judged
    kNotPinned,  // the copy could not be written
  };

  std::string path = {};  // what was asked for
  State state = State::kMissing;
  std::string fault = {};  // not kUsable: why, in words that follow the path
  // kUsable: the copy that the runtime is to read. Empty when refused_docker_format is set: such a
  // profile is neither judged nor pinned, and the facts below say nothing of it.
  std::string pinned_path = {};
  std::string digest = {};  // SHA-256 (hex) of the file's bytes
  bool docker_format = false;
  bool refused_docker_format = false;  // Demands::docker_format is kDeny
  bool unconfined_in_disguise = false;
  // What it may execute beyond the floor, for the capabilities that were asked about; as
  // compare.h's ToText has it.
  std::vector<std::string> beyond_floor = {};
  std::vector<std::string> must_deny_allowed =
      {};  // of Demands::must_deny, those that it may execute
  std::vector<std::string> refused_but_needed = {};  // lint.h

  friend bool operator==(const ProfileFacts&, const ProfileFacts&) = default;
};

inline constexpr size_t kProfileStateCount = 5;
// "usable", "missing", "untrusted", "invalid", "not-pinned": for logs and metrics.
constexpr std::string_view ProfileStateName(ProfileFacts::State state) {
  constexpr std::array<std::string_view, kProfileStateCount> kNames = {
      "usable", "missing", "untrusted", "invalid", "not-pinned"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace sekisho::seccomp
