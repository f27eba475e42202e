#include "verify/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sekisho::verify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr size_t kColumns = 80;

procfs::Process RunningProcess() {
  return {.pid = 4711,
          .parent = 1,
          .seccomp = procfs::SeccompMode::kFilter,
          .seccomp_filters = 1,
          .permitted = caps::CapSet(0xa80405fb),
          .effective = caps::CapSet(0xa80405fb),
          .bounding = caps::CapSet(0xa80405fb),
          .no_new_privs = true,
          .uid = {.real = 1000, .effective = 1001, .saved = 1002, .filesystem = 1003},
          .gid = {.real = 2000, .effective = 2000, .saved = 2000, .filesystem = 2000},
          .groups = {7, 8},
          .lsm_label = "web (enforce)",
          .namespaces = {{"mnt", 4026532001}, {"net", 4026532002}},
          .root_read_only = true};
}

Container Decided(const std::string& name) {
  return {.id = name + "-id",
          .namespace_ = "shop",
          .pod = "cart-0",
          .name = name,
          .image = "shop/cart:1",
          .origin = Origin::kDecided,
          .process = RunningProcess(),
          .level = "baseline:latest"};
}

Container Drifted(const std::string& name) {
  Container container = Decided(name);
  container.process->seccomp = procfs::SeccompMode::kOff;
  container.process->seccomp_filters = 0;
  container.drift = {{"seccomp", "filter", "off"}};
  return container;
}

Container Of(Origin origin, const std::string& name) {
  Container container = Decided(name);
  container.origin = origin;
  return container;
}

TEST(VerifyResult, ConformsWhenNothingIsToBeSaidAgainstAnyContainer) {
  Result result{.containers = {Decided("a"), Of(Origin::kOlder, "b")}};
  EXPECT_TRUE(result.conforms());
  EXPECT_TRUE(Result().conforms());
  result.errors = {"the runtime does not answer"};
  EXPECT_FALSE(result.conforms());
  for (const Container& more : {Drifted("c"), Of(Origin::kPast, "c"), Of(Origin::kForeign, "c")}) {
    EXPECT_FALSE((Result{.containers = {Decided("a"), more}}.conforms()));
  }
  Container refused = Of(Origin::kOlder, "c");
  refused.refusal = "privileged";
  EXPECT_FALSE((Result{.containers = {refused}}.conforms()));
}

TEST(VerifyResult, CountsByOriginAndByDrift) {
  const Result result{.containers = {Decided("a"), Drifted("b"), Of(Origin::kPast, "c"),
                                     Of(Origin::kPast, "d"), Of(Origin::kForeign, "e")}};
  EXPECT_EQ(result.CountOf(Origin::kDecided), 2U);
  EXPECT_EQ(result.CountOf(Origin::kOlder), 0U);
  EXPECT_EQ(result.CountOf(Origin::kPast), 2U);
  EXPECT_EQ(result.CountOf(Origin::kForeign), 1U);
  EXPECT_EQ(result.drifted(), 1U);
  EXPECT_EQ(OriginName(Origin::kOlder), "older");
}

TEST(VerifyText, WhatConformsIsOneLine) {
  Container other = Of(Origin::kOlder, "sidecar");
  other.process->seccomp_filters.reset();
  other.unseen = {"ns/net: Permission denied", "mountinfo: Permission denied"};
  EXPECT_EQ(
      ToText({.containers = {Decided("cart"), other}}, kColumns, false),
      "ok        shop/cart-0/cart  Seccomp 2 (filter, 1)  CapEff 00000000a80405fb  NoNewPrivs 1  "
      "uid 1001\n"
      "ok        shop/cart-0/sidecar  Seccomp 2 (filter)  CapEff 00000000a80405fb  NoNewPrivs 1  "
      "uid 1001  not seen: ns/net, mountinfo\n"
      "\n"
      "2 containers: 1 as decided, 1 older than the agent and as today's policy says\n");
}

TEST(VerifyText, WhatIsWeakerComesWithItsDetails) {
  Container drifted = Drifted("cart");
  drifted.drift.push_back(
      {"capabilities.effective",
       "at most CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_BIND_SERVICE, SETFCAP, SETGID",
       "NET_RAW, SYS_ADMIN"});
  drifted.unseen = {"ns/net: Permission denied"};
  EXPECT_EQ(ToText({.containers = {drifted}}, kColumns, false),
            "drift     shop/cart-0/cart\n"
            "  origin  passed the agent\n"
            "  id      cart-id\n"
            "  image   shop/cart:1\n"
            "  level   baseline:latest\n"
            "  seccomp expected filter; found off\n"
            "  capabilities.effective expected at most CHOWN, DAC_OVERRIDE, FOWNER, FSETID,\n"
            "                         KILL, NET_BIND_SERVICE, SETFCAP, SETGID; found NET_RAW,\n"
            "                         SYS_ADMIN\n"
            "  kernel  Seccomp 0 (off), CapEff 00000000a80405fb, NoNewPrivs 1, uid 1001\n"
            "  unseen  ns/net: Permission denied\n"
            "\n"
            "1 container: 1 weaker than decided\n");
}

TEST(VerifyText, WhereItCameFromIsInWords) {
  Container refused = Of(Origin::kOlder, "old");
  refused.refusal = "violates PodSecurity \"baseline:latest\": privileged";
  Container foreign = Of(Origin::kForeign, "0123abcd");
  foreign.namespace_ = foreign.pod = foreign.image = "";
  foreign.runtime = "moby";
  const std::string text =
      ToText({.containers = {foreign, refused, Of(Origin::kPast, "past")}}, kColumns, false);
  EXPECT_THAT(text, HasSubstr("foreign   moby/0123abcd\n  origin  not known to CRI\n"));
  EXPECT_THAT(text, HasSubstr("older     shop/cart-0/old\n  origin  older than the agent\n"));
  EXPECT_THAT(text, HasSubstr("  refused violates PodSecurity \"baseline:latest\": privileged\n"));
  EXPECT_THAT(text, HasSubstr("past      shop/cart-0/past\n  origin  never passed the agent\n"));
  EXPECT_THAT(text,
              HasSubstr("3 containers: 1 older than the agent and not as today's policy says, "
                        "1 that\nnever passed the agent, 1 not known to CRI\n"));
}

// Each container is counted once, so that the numbers add up.
TEST(VerifyText, TheClosingLineCountsEachOnce) {
  Result result;
  for (int i = 0; i < 10; ++i) {
    result.containers.push_back(Decided("a"));
  }
  result.containers.push_back(Drifted("b"));
  Container past = Drifted("c");
  past.origin = Origin::kPast;
  result.containers.push_back(past);
  EXPECT_THAT(
      ToText(result, kColumns, false),
      HasSubstr("\n12 containers: 10 as decided, 1 weaker than decided, 1 that never passed "
                "the\nagent\n"));
}

TEST(VerifyText, WhatCouldNotBeLookedAtIsNotCalledGood) {
  Container gone = Decided("gone");
  gone.process.reset();
  EXPECT_EQ(ToText({.containers = {gone}, .errors = {"gone-id: /proc/4711: it has ended"}},
                   kColumns, false),
            "unseen    shop/cart-0/gone\n"
            "error     gone-id: /proc/4711: it has ended\n"
            "\n"
            "1 container: 1 that could not be looked at; 1 error\n");
  EXPECT_EQ(ToText({}, kColumns, false), "no containers\n");
}

TEST(VerifyText, ColoursAreTheDecisionWords) {
  const std::string text =
      ToText({.containers = {Decided("a"), Drifted("b")}, .errors = {"c"}}, kColumns, true);
  EXPECT_THAT(text, HasSubstr("\x1b[32mok\x1b[0m        shop/"));
  EXPECT_THAT(text, HasSubstr("\x1b[1;31mdrift\x1b[0m     shop/"));
  EXPECT_THAT(text, HasSubstr("\x1b[1;31merror\x1b[0m     c\n"));
  EXPECT_EQ(std::ranges::count(text, '\x1b'), 6);
}

// Names and labels come from whoever made the container.
TEST(VerifyText, NoNameAddsALineOrSteersATerminal) {
  const std::string bad = "x\nok      a/b/c\r\x1b[2J\t\xff";
  Container good = Decided(bad);
  good.namespace_ = good.pod = bad;
  good.unseen = {bad};
  Container foreign = Of(Origin::kForeign, bad);
  foreign.id = foreign.image = foreign.runtime = foreign.level = foreign.refusal = bad;
  foreign.unseen = {bad};
  foreign.drift = {{bad, bad, bad}};
  const std::string text = ToText({.containers = {good, foreign}, .errors = {bad}}, 4000, false);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
  std::istringstream lines(text);
  size_t good_lines = 0;
  size_t all = 0;
  for (std::string line; std::getline(lines, line); ++all) {
    good_lines += line.starts_with("ok") ? 1 : 0;
  }
  EXPECT_EQ(good_lines, 1U);
  EXPECT_EQ(all, 13U);
}

TEST(VerifyText, DetailsKeepToTheColumns) {
  Container container = Drifted("cart");
  container.drift = {{"capabilities.effective", "at most A, B, C, D, E, F, G", "H, I, J, K, L, M"}};
  container.refusal = "many words that go on and on, and say in the end that this is not allowed";
  std::istringstream lines(
      ToText({.containers = {container}, .errors = {container.refusal}}, 50, false));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 50U) << line;
  }
}

TEST(VerifyJson, HoldsWhatTheKernelSays) {
  Container container = Drifted("cart");
  container.created = std::chrono::system_clock::time_point(std::chrono::seconds(1767225600));
  container.unseen = {"ns/pid: Permission denied"};
  Result result{.time = std::chrono::system_clock::time_point(std::chrono::seconds(1767225661)),
                .containers = {container},
                .errors = {"no answer"}};
  const std::string text = ToJson(result);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(Json::parse(text), Json::parse(R"json({
    "time": "2026-01-01T00:01:01.000000Z",
    "conforms": false,
    "counts": {"containers": 1, "decided": 1, "older": 0, "past": 0, "foreign": 0, "drifted": 1},
    "containers": [{
      "id": "cart-id", "namespace": "shop", "pod": "cart-0", "name": "cart",
      "image": "shop/cart:1", "runtime": "", "origin": "decided", "conforms": false,
      "created": "2026-01-01T00:00:00.000000Z", "pid": 4711, "level": "baseline:latest",
      "drift": [{"what": "seccomp", "expected": "filter", "found": "off"}],
      "refusal": "", "unseen": ["ns/pid: Permission denied"],
      "kernel": {
        "seccomp": "off", "seccompFilters": 0,
        "capEffective": "00000000a80405fb", "capPermitted": "00000000a80405fb",
        "capBounding": "00000000a80405fb", "capAmbient": "0000000000000000",
        "capInheritable": "0000000000000000",
        "noNewPrivs": true, "uid": [1000, 1001, 1002, 1003], "gid": [2000, 2000, 2000, 2000],
        "groups": [7, 8], "lsmLabel": "web (enforce)",
        "namespaces": {"mnt": 4026532001, "net": 4026532002}, "rootReadOnly": true}}],
    "errors": ["no answer"]})json"));
}

TEST(VerifyJson, WhatIsNotKnownIsAbsent) {
  Container container = Decided("cart");
  container.process->seccomp_filters.reset();
  container.process->root_read_only.reset();
  container.process->namespaces.clear();
  Json json = Json::parse(ToJson({.containers = {container}}));
  const Json& kernel = json["containers"][0]["kernel"];
  EXPECT_FALSE(kernel.contains("seccompFilters"));
  EXPECT_FALSE(kernel.contains("rootReadOnly"));
  EXPECT_EQ(kernel["namespaces"], Json::object());
  container.process.reset();
  json = Json::parse(ToJson({.containers = {container}}));
  EXPECT_FALSE(json["containers"][0].contains("kernel"));
  EXPECT_FALSE(json["containers"][0].contains("pid"));
  EXPECT_FALSE(json["containers"][0].contains("created"));
  EXPECT_EQ(Json::parse(ToJson({}))["containers"], Json::array());
}

TEST(VerifyJson, WhatIsNoUtf8IsReplaced) {
  Container container = Of(Origin::kForeign, "a\xff\nb");
  const std::string text = ToJson({.containers = {container}});
  EXPECT_EQ(Json::parse(text)["containers"][0]["name"], "a\xef\xbf\xbd\nb");
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

}  // namespace
}  // namespace sekisho::verify
