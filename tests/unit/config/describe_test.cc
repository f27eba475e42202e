#include "config/describe.h"

#include <gmock/gmock.h>

#include <sstream>

#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

class Describe : public ConfigFiles {
 protected:
  std::string Text(const std::string& policy) {
    const auto result = LoadPolicyText(policy);
    EXPECT_TRUE(result.ok()) << ::testing::PrintToString(Texts(result.errors));
    std::string text = DescribePolicy(result.value);
    for (size_t at = text.find(directory_); at != std::string::npos; at = text.find(directory_)) {
      text.erase(at, directory_.size());
    }
    const size_t hash = text.find(result.value.hash.substr(0, 12));
    EXPECT_NE(hash, std::string::npos);
    return text.replace(hash, 12, "HASH");
  }
};

TEST_F(Describe, ShowsTheOrderOfPrecedence) {
  Write("kubelet/seccomp/web.json", "{}");
  EXPECT_EQ(Text(R"(apiVersion: sekisho.io/v1alpha1
kind: NodePolicy
defaults: {enforce: baseline, audit: restricted}
harden:
  capabilities: {drop: [NET_RAW]}
  noNewPrivileges: true
rules:
- match: {namespaces: [pay-*]}
- name: the api
  match: {namespaces: [pay-*], containers: [api], runtimeHandlers: [""]}
  enforce: restricted
  harden: {seccomp: {localhost: web.json}}
exemptions:
- match: {namespaces: [kube-system], source: static}
  reason: control plane
  expires: 2027-06-30
)"),
            R"(Policy HASH from
   /policy.yaml

1. Exemptions: nothing is enforced
   policy.yaml: exemptions[0] (line 14)
      match            namespaces kube-system; source static
      reason           control plane
      expires          after 2027-06-30

2. Rules, the most specific first: the first that matches applies
   policy.yaml: rules[1] "the api" (line 9)
      match            namespaces pay-*; containers api; runtimeHandlers ""
      enforce          restricted:latest
      seccomp          always /kubelet/seccomp/web.json
      otherwise        as the defaults
   policy.yaml: rules[0] (line 8)
      match            namespaces pay-*
      enforce          baseline:latest
      otherwise        as the defaults

3. Defaults: where nothing above matches
   enforce          baseline:latest
   audit            restricted:latest
   warn             privileged:latest
   seccomp          unconfined becomes RuntimeDefault
   capabilities     drop NET_RAW
   noNewPrivileges  set
   maskedPaths      as asked
   onViolation      harden seccomp; deny the rest
)");
}

TEST_F(Describe, SaysWhenThereIsNothing) {
  const std::string text = Text(std::string(kPolicyHeader) +
                                "harden: {seccomp: {unconfined: deny}}\n"
                                "onViolation: {seccomp: deny}\n");
  EXPECT_THAT(text, ::testing::HasSubstr("1. Exemptions: nothing is enforced\n   none\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("the first that matches applies\n   none\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("seccomp          unconfined is refused\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("onViolation      deny all\n"));
}

TEST_F(Describe, SaysThatPrivilegedMeansNothing) {
  EXPECT_THAT(Text(std::string(kPolicyHeader) +
                   "rules: [{match: {source: static}, enforce: privileged}]\n"),
              ::testing::HasSubstr("privileged:latest (nothing is refused or hardened)\n"));
}

TEST_F(Describe, WrapsAtAHundredColumns) {
  std::string names;
  for (int i = 100; i < 140; ++i) {
    names += (names.empty() ? "team-" : ", team-") + std::to_string(i);
  }
  const std::string text =
      Text(std::string(kPolicyHeader) + "rules: [{match: {namespaces: [" + names +
           "]}}]\nexemptions:\n- match: {source: static}\n  reason: " + "関所" +
           std::string(40, 'x') + " " + std::string(60, 'y') + " end\n");
  std::istringstream lines(text);
  int full = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 104u) << line;  // the two wide letters have four extra bytes
    full += line.size() > 80 ? 1 : 0;
  }
  EXPECT_GE(full, 4);
  EXPECT_THAT(text, ::testing::HasSubstr("\n                       team-"));
  EXPECT_THAT(text, ::testing::HasSubstr("team-139\n"));
}

}  // namespace
}  // namespace sekisho::config
