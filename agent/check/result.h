// What an offline check says of one pod, or of one recorded request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho::check {

// Who shows that something is wrong.
enum class SeenIn {
  kRequest,   // the request: the daemon would find it, too
  kManifest,  // only the manifest: CRI does not show it, and the daemon would not find it
};

// `Result::rule` where a level was given in place of a policy.
inline constexpr std::string_view kLevelOption = "--level";

struct ResultViolation {
  std::string check;   // "capabilities_baseline"
  std::string reason;  // "non-default capabilities"
  std::string detail;  // may be empty
  SeenIn seen_in = SeenIn::kRequest;
};

struct ResultEdit {
  std::string container;  // empty: the sandbox
  std::string field;      // "config.linux.security_context.seccomp"
  std::string before;
  std::string after;
};

struct Result {
  std::string source;  // "shop/web.yaml:12"
  std::string kind;    // "Pod", "Deployment", …; or the request: "CreateContainer"
  std::string namespace_;
  std::string name;
  std::string container;  // of a recorded CreateContainer
  std::string enforced;   // "restricted:latest"
  std::string rule;       // where in the policy that is from, or kLevelOption
  std::string exemption;  // the reason, when one applies
  bool allowed = false;
  // Why it is refused, as behind `violates PodSecurity "restricted:latest": `. Empty when allowed.
  std::string message;
  // What the policy's audit and warn levels find, as Kubernetes writes it: `would violate
  // PodSecurity "restricted:latest": …`. Empty when they find nothing.
  std::string audit = {};
  std::string warn = {};
  std::vector<ResultViolation> violations;  // those that refuse it; repaired ones are in `edits`
  std::vector<ResultEdit> edits;
  std::vector<std::string> remarks;  // what was assumed, and what a kubelet would do by itself
};

// For people, at most `columns` wide where words can be broken; `colour`: verdicts in colour.
// Whatever a manifest says, it adds no line and steers no terminal.
std::string ToText(const std::vector<Result>& results, size_t columns, bool colour = false);
// One line, `{"results":[…]}`.
std::string ToJson(const std::vector<Result>& results);

}  // namespace sekisho::check
