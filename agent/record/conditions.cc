#include "record/conditions.h"

#include <set>
#include <utility>

#include "caps/cri_caps.h"
#include "seccomp/resolve.h"
#include "seccomp/runtime_default.h"

namespace sekisho::record {
namespace {

using Rules = std::map<std::string, std::vector<seccomp::Rule>>;

Rules FromRuntimeDefault() {
  const seccomp::Profile reference =
      seccomp::Resolve(seccomp::RuntimeDefault(), {.arch = seccomp::NativeArch(),
                                                   .capabilities = caps::RuntimeDefaultSet(),
                                                   .kernel = seccomp::RunningKernel()});
  Rules rules;
  std::set<std::string> unconditional;
  for (const seccomp::Rule& rule : reference.rules) {
    if (rule.action == seccomp::Action::kAllow && rule.args.empty()) {
      unconditional.insert(rule.names.begin(), rule.names.end());
      continue;
    }
    for (const std::string& name : rule.names) {
      rules[name].push_back(
          {.names = {name}, .action = rule.action, .errno_ret = rule.errno_ret, .args = rule.args});
    }
  }
  for (const std::string& name : unconditional) {
    rules.erase(name);
  }
  return rules;
}

}  // namespace

const Rules& ConditionalRules() {
  static const auto* const kRules = new Rules(FromRuntimeDefault());
  return *kRules;
}

}  // namespace sekisho::record
