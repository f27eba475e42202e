#include "unit/policy/declared_case.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/evaluate.h"
#include "unit/policy/check_case.h"

namespace sekisho::policy {
namespace {

std::vector<Violation> Found(const Pod& pod, const LevelVersion& at) {
  return ViolationsOf(pod.spec, at,
                      {.sandbox = pod.sandbox,
                       .containers = pod.containers,
                       .declared = &pod.declared,
                       .scope = Scope::kPod});
}

}  // namespace

Pod LegalPod() {
  const Request legal = LegalRequest(Level::kRestricted);
  Pod pod{legal.spec, legal.sandbox, {legal.container, legal.container}, {}};
  pod.init().name = "initcontainer1";
  pod.declared.context.run_as_non_root = true;
  pod.declared.context.seccomp_type = "RuntimeDefault";
  pod.declared.containers.resize(2);
  return pod;
}

std::string WrongWith(const Pod& pod, const LevelVersion& at) {
  return ViolationsText(Found(pod, at));
}

void ExpectDeclared(std::string_view id, std::span<const DeclaredCase> rows) {
  for (const DeclaredCase& row : rows) {
    for (int minor = 0; minor <= kLatestMinor; ++minor) {
      const LevelVersion at{row.level, {minor}};
      SCOPED_TRACE(std::string(id) + ": " + std::string(row.why) + ", " + at.ToString());
      Pod pod = LegalPod();
      row.edit(pod);
      std::vector<Violation> found = Found(pod, at);
      std::erase_if(found, [id](const Violation& violation) { return violation.check != id; });
      EXPECT_EQ(ViolationsText(found), row.from <= minor && minor <= row.to ? row.text : "");
    }
  }
}

}  // namespace sekisho::policy
