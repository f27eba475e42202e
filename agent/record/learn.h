// From calls to a profile that allows these and no others.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "record/evidence.h"
#include "seccomp/profile.h"

namespace sekisho::record {

// System calls by name, with the architectures that they were made on.
struct Calls {
  std::set<std::string> names = {};
  std::vector<seccomp::Arch> architectures = {};  // in seccomp::Architectures()' order, each once
  std::vector<Call> unnamed = {};  // newer than this build's libseccomp, or of no architecture
};
Calls NamesOf(const std::set<Call>& calls);

// What a recording taught, and whether it can be relied on.
struct Lesson {
  Calls calls = {};
  size_t observed = 0;  // names of `calls` that were seen, not only needed to start
  // Names that only processes made which ended before they could be looked up: in `calls` when
  // guesses_included.
  std::vector<std::string> guessed = {};
  bool guesses_included = false;
  // Why the profile is not complete, a sentence each; none: it is.
  std::vector<std::string> doubts = {};

  bool complete() const { return doubts.empty(); }
};

// Records of unknown processes count as the recorded containers' only when no other process of the
// node was seen logging in the whole recording: then it is most likely theirs. Not certain:
// somebody else's process could log and end too early to be seen. So those names are told apart.
//
// With the calls that runc makes, always or by chance, between loading the filter and the
// container's first instruction, but without those that only runc made and can do without.
Lesson Learn(const Evidence& evidence);

// Refuses everything else with EPERM: default action ERRNO, a rule with the names that are allowed
// whatever their arguments, sorted, and those of conditions.h for others.
seccomp::Profile ToProfile(const Calls& calls);

// The names among them that ToProfile puts conditions on, sorted.
std::vector<std::string> ConditionalIn(const Calls& calls);

// The calls of a profile that ToProfile wrote (or somebody else, alike): it allows names, with no
// other conditions than ours, and refuses all else. An error for any other.
absl::StatusOr<Calls> CallsOfOurs(std::string_view bytes, const std::string& file);

// Both.
Calls United(const Calls& a, const Calls& b);

}  // namespace sekisho::record
