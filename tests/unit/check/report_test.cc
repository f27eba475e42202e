// What people and programs read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "check/result.h"

namespace sekisho::testing {
namespace {

using check::Result;
using check::SeenIn;
using check::ToJson;
using check::ToText;
using ::testing::HasSubstr;
using ::testing::Not;

Result Refused() {
  return {
      .source = "shop/web.yaml:12",
      .kind = "Deployment",
      .namespace_ = "shop",
      .name = "web",
      .container = "",
      .enforced = "restricted:latest",
      .rule = "policy.yaml: rules[0] (line 7)",
      .exemption = "",
      .allowed = false,
      .message = "host namespaces (hostNetwork=true), hostPath volumes (volume \"v\")",
      .audit = "would violate PodSecurity \"restricted:v1.30\": something",
      .warn = "would violate PodSecurity \"restricted:latest\": something",
      .violations = {{"hostNamespaces", "host namespaces", "hostNetwork=true"},
                     {"hostPathVolumes", "hostPath volumes", "volume \"v\"", SeenIn::kManifest}},
      .edits = {{"", "config.linux.sysctls", "[a]", "[]"},
                {"c", "config.linux.security_context.seccomp", "Unconfined", "RuntimeDefault"}},
      .remarks = {"a kubelet would not run this pod: because"}};
}

Result Allowed(std::string name) {
  Result result;
  result.source = "a.yaml:1";
  result.kind = "Pod";
  result.namespace_ = "default";
  result.name = std::move(name);
  result.enforced = "baseline:latest";
  result.rule = check::kLevelOption;
  result.allowed = true;
  return result;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(ToTextTest, TheVerdictComesFirst) {
  EXPECT_EQ(ToText({Refused(), Allowed("a"), Allowed("b")}, 100),
            "refused   Deployment shop/web at restricted:latest (shop/web.yaml:12)\n"
            "  rule    policy.yaml: rules[0] (line 7)\n"
            "  breaks  host namespaces (hostNetwork=true)\n"
            "  breaks  hostPath volumes (volume \"v\") [manifest-only]\n"
            "  warn    would violate PodSecurity \"restricted:latest\": something\n"
            "  audit   would violate PodSecurity \"restricted:v1.30\": something\n"
            "  edit    config.linux.sysctls: [a] -> []\n"
            "  edit    c: config.linux.security_context.seccomp: Unconfined -> RuntimeDefault\n"
            "  note    a kubelet would not run this pod: because\n"
            "\n"
            "allowed   Pod default/a at baseline:latest (a.yaml:1)\n"
            "allowed   Pod default/b at baseline:latest (a.yaml:1)\n"
            "\n"
            "[manifest-only]: CRI shows nothing of it, so it was checked in the manifest; the node "
            "cannot.\n"
            "3 checked: 2 allowed, 0 hardened, 1 refused\n");
}

TEST(ToTextTest, WhatIsEditedIsHardened) {
  Result hardened = Allowed("h");
  hardened.edits = {{"c", "f", "a", "b"}};
  EXPECT_EQ(ToText({hardened}, 100),
            "hardened  Pod default/h at baseline:latest (a.yaml:1)\n"
            "  edit    c: f: a -> b\n"
            "\n"
            "1 checked: 0 allowed, 1 hardened, 0 refused\n");
}

TEST(ToTextTest, AnExemptionIsTold) {
  Result exempt = Allowed("e");
  exempt.enforced = "privileged:latest";
  exempt.rule = "policy.yaml: exemptions[0] (line 3)";
  exempt.exemption = "control plane";
  EXPECT_THAT(ToText({exempt}, 100),
              HasSubstr("allowed   Pod default/e at privileged:latest (a.yaml:1)\n"
                        "  rule    policy.yaml: exemptions[0] (line 3)\n"
                        "  exempt  control plane\n"));
}

TEST(ToTextTest, ARequestIsNamedByWhatItNames) {
  Result request = Allowed("p");
  request.kind = "CreateContainer";
  request.container = "c";
  EXPECT_THAT(ToText({request}, 100), HasSubstr("CreateContainer default/p container c at "));
  Result nameless;
  nameless.kind = "RunPodSandbox";
  nameless.source = "r.json";
  EXPECT_THAT(ToText({nameless}, 100), HasSubstr("refused   RunPodSandbox (r.json)\n"));
}

TEST(ToTextTest, NothingIsCountedToo) {
  EXPECT_EQ(ToText({}, 100), "0 checked: 0 allowed, 0 hardened, 0 refused\n");
}

TEST(ToTextTest, LinesEndBeforeTheColumnUnlessOneWordIsLonger) {
  Result result = Refused();
  const std::string long_word(120, 'x');
  result.violations.push_back({"sysctls", "forbidden sysctls", "many words and " + long_word});
  for (int i = 0; i < 40; ++i) {
    result.violations[0].detail += ", a" + std::string(static_cast<size_t>(i), 'b');
    result.remarks[0] += " some more words of it";
  }
  for (const size_t columns : {40u, 80u, 100u}) {
    SCOPED_TRACE(columns);
    bool longest_is_there = false;
    for (const std::string& line : Lines(ToText({result}, columns))) {
      const bool has_long_word = line.find(long_word) != std::string::npos;
      longest_is_there = longest_is_there || has_long_word;
      // Below 67 columns a field's path is such a word as well.
      const std::string words = line.substr(std::min(line.find_first_not_of(' '), line.size()));
      EXPECT_TRUE(line.size() <= columns || has_long_word || words.find(' ') == std::string::npos)
          << line;
      EXPECT_THAT(line, Not(::testing::EndsWith(" ")));
    }
    EXPECT_TRUE(longest_is_there);
  }
}

TEST(ToTextTest, NoNameAddsALineOrSteersATerminal) {
  Result result = Refused();
  result.name = "web\nallowed   Pod default/other";
  result.violations[0].detail = "\x1b[2J\rallowed";
  result.remarks[0] = "tab\tand\x7f";
  const std::string text = ToText({result}, 100);
  for (const std::string& line : Lines(text)) {
    EXPECT_FALSE(line.starts_with("allowed")) << line;
  }
  EXPECT_EQ(text.find_first_of("\x1b\r\t\x7f"), std::string::npos) << text;
}

TEST(ToJsonTest, HasEveryMemberOfEveryResult) {
  const std::string text = ToJson({Refused(), Allowed("a")});
  EXPECT_EQ(text.find('\n'), text.size() - 1);  // one line
  const nlohmann::json results = nlohmann::json::parse(text).at("results");
  ASSERT_EQ(results.size(), 2u);
  const nlohmann::json expected = nlohmann::json::parse(R"json({
    "source": "shop/web.yaml:12", "kind": "Deployment", "namespace": "shop", "name": "web",
    "enforced": "restricted:latest", "rule": "policy.yaml: rules[0] (line 7)", "exemption": "",
    "allowed": false,
    "message": "host namespaces (hostNetwork=true), hostPath volumes (volume \"v\")",
    "audit": "would violate PodSecurity \"restricted:v1.30\": something",
    "warn": "would violate PodSecurity \"restricted:latest\": something",
    "violations": [
      {"check": "hostNamespaces", "reason": "host namespaces", "detail": "hostNetwork=true",
       "seenIn": "request"},
      {"check": "hostPathVolumes", "reason": "hostPath volumes", "detail": "volume \"v\"",
       "seenIn": "manifest"}],
    "edits": [
      {"container": "", "field": "config.linux.sysctls", "before": "[a]", "after": "[]"},
      {"container": "c", "field": "config.linux.security_context.seccomp",
       "before": "Unconfined", "after": "RuntimeDefault"}],
    "remarks": ["a kubelet would not run this pod: because"]})json");
  EXPECT_EQ(results[0], expected);
  EXPECT_EQ(results[1].at("allowed"), true);
  EXPECT_EQ(results[1].at("message"), "");
  EXPECT_TRUE(results[1].at("violations").is_array());
  EXPECT_TRUE(results[1].at("edits").is_array());
  EXPECT_FALSE(results[1].contains("container"));
}

TEST(ToJsonTest, ARequestNamesItsContainer) {
  Result request = Allowed("p");
  request.container = "c";
  EXPECT_EQ(nlohmann::json::parse(ToJson({request})).at("results").at(0).at("container"), "c");
}

TEST(ToJsonTest, NoResultsAreAnEmptyList) {
  EXPECT_EQ(ToJson({}), "{\"results\":[]}\n");
}

TEST(ToJsonTest, WhateverBytesANameHasItIsJson) {
  Result result = Allowed("a\xff\"\n\\");
  const nlohmann::json parsed = nlohmann::json::parse(ToJson({result}));
  EXPECT_THAT(parsed.at("results").at(0).at("name").get<std::string>(), HasSubstr("\"\n\\"));
}

}  // namespace
}  // namespace sekisho::testing
