// `sekisho seccomp lint`: what is to be said of a profile file, and whether a policy with the given
// demands would let a container run with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/profile_source.h"
#include "seccomp/verdicts.h"

namespace sekisho::check {

struct LintOptions {
  ProfileTarget target;
  // What a profile must be at least as strict as; the name is for the text. Nothing: no floor.
  std::optional<seccomp::Verdicts> floor;
  std::string floor_name;
  std::vector<std::string> must_deny;  // names of system calls
};

// A call that a profile may execute and should not.
struct Permitted {
  std::string call;  // "mount", "clone (…)"
  std::string why;   // may be empty
};

struct LintResult {
  std::string file;
  std::vector<yaml::Diagnostic> errors;  // not empty: nothing below was found out
  seccomp::Format format = seccomp::Format::kOci;
  std::vector<std::string> architectures;
  std::string default_action;
  size_t permitted = 0;  // system calls of the first architecture
  size_t conditional = 0;
  size_t refused = 0;
  std::vector<seccomp::Remark> remarks;
  std::string floor;
  std::vector<Permitted> beyond_floor;
  std::vector<Permitted> must_deny;

  // Whether the demands are met: what `seccomp.localhost` of a policy says of a pod's profile.
  bool ok() const;
};

LintResult Lint(const std::string& file, std::string_view bytes, const LintOptions& options);

// `colour`: verdicts in colour.
std::string ToText(const std::vector<LintResult>& results, size_t columns, bool colour = false);
// One line, `{"profiles":[…]}`.
std::string ToJson(const std::vector<LintResult>& results);

}  // namespace sekisho::check
