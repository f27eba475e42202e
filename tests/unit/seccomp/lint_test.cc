#include "seccomp/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/str_cat.h"
#include "caps/cri_caps.h"
#include "seccomp/runtime_default.h"
#include "unit/seccomp/judged_profile.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProfileFrom;

Judged MustJudge(const std::string& json) {
  absl::StatusOr<Judged> judged = Judge(ProfileFrom(json));
  EXPECT_TRUE(judged.ok()) << judged.status() << "\n" << json;
  return judged.ok() ? *std::move(judged) : Judged{};
}

// "error unconfined-in-disguise", …
std::vector<std::string> Ids(const std::vector<Remark>& remarks) {
  std::vector<std::string> ids;
  for (const Remark& remark : remarks) {
    ids.push_back(StrCat(SeverityName(remark.severity), " ", remark.id));
  }
  return ids;
}
const Remark* Find(const std::vector<Remark>& remarks, std::string_view id) {
  const auto found = std::ranges::find(remarks, id, &Remark::id);
  return found == remarks.end() ? nullptr : &*found;
}

std::string Quoted(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text += StrCat(text.empty() ? "" : ", ", "\"", name, "\"");
  }
  return text;
}

// A profile that nothing is to be said of, but for `more` at its end.
std::string Sound(const std::string& more_keys = "", const std::string& more_rules = "") {
  return StrCat(R"({"defaultAction": "SCMP_ACT_ERRNO",
 "architectures": [")",
                NativeArch().name, "\"],", more_keys, R"(
 "syscalls": [
  {"names": [)",
                Quoted(NeededWithNewPrivileges()), R"(], "action": "SCMP_ACT_ALLOW"})", more_rules,
                "]}");
}

struct Case {
  const char* what;
  std::string json;
  std::vector<std::string> remarks;
};

TEST(LintTest, Remarks) {
  const std::string other_errno =
      R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3})";
  const Case cases[] = {
      {"nothing", Sound(), {}},
      {"the errno is the default's in other words",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1})"),
       {"warning dead-rule"}},
      {"an errno of its own", Sound("", ", " + other_errno), {}},
      {"no names",
       Sound("", R"(, {"names": [], "action": "SCMP_ACT_ALLOW"})"),
       {"warning empty-rule"}},
      {"a name that is near one",
       Sound("", R"(, {"names": ["opeen"], "action": "SCMP_ACT_ALLOW"})"),
       {"warning dead-rule", "warning unknown-syscall"}},
      {"a name that is near none",
       Sound("", R"(, {"names": ["call_of_tomorrow"], "action": "SCMP_ACT_ALLOW"})"),
       {"warning dead-rule", "note unknown-syscall"}},
      {"such a name beside another",
       Sound("", R"(, {"names": ["kill", "call_of_tomorrow"], "action": "SCMP_ACT_ALLOW"})"),
       {"note unknown-syscall"}},
      {"success without doing it",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0})"),
       {"warning errno-zero"}},
      {"success without doing anything", Sound(R"("defaultErrnoRet": 0,)"), {"warning errno-zero"}},
      {"a tracer",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_TRACE"})"),
       {"warning trace"}},
      {"a thread",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_KILL"})"),
       {"note kill-thread"}},
      {"a listener",
       Sound(R"("listenerPath": "/run/agent.sock",)",
             R"(, {"names": ["kill"], "action": "SCMP_ACT_NOTIFY"})"),
       {"warning listener-path"}},
      {"none where one is needed",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_NOTIFY"})"),
       {"error listener-path"}},
      {"one that is never asked",
       Sound(R"("listenerPath": "/run/agent.sock",)"),
       {"note listener-path"}},
      {"flags", Sound(R"("flags": ["SECCOMP_FILTER_FLAG_LOG"],)"), {"warning flags"}},
      {"a flag that gives something up",
       Sound(R"("flags": ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],)"),
       {"warning flags", "warning speculation"}},
      {"an argument twice",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [
          {"index": 1, "value": 5, "op": "SCMP_CMP_GT"},
          {"index": 1, "value": 9, "op": "SCMP_CMP_LT"}]})"),
       {"warning several-tests"}},
      {"two arguments",
       Sound("", R"(, {"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [
          {"index": 0, "value": 5, "op": "SCMP_CMP_GT"},
          {"index": 1, "value": 9, "op": "SCMP_CMP_LT"}]})"),
       {}},
      {"flags of clone, which clone3 takes too",
       Sound("", R"(, {"names": ["clone3"], "action": "SCMP_ACT_ALLOW"},
          {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [
          {"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]})"),
       {"warning side-door"}},
      {"a container that would not start",
       R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]})",
       {"error needed-but-refused", "note needed-with-new-privileges",
        "note missing-architectures"}},
      {"everything",
       R"({"defaultAction": "SCMP_ACT_ALLOW"})",
       {"error unconfined-in-disguise", "note missing-architectures"}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    EXPECT_EQ(Ids(MustJudge(one.json).remarks), one.remarks);
  }
}

TEST(LintTest, RemarksHaveAPlace) {
  const Judged judged = MustJudge(Sound("",
                                        ",\n  {\"names\": [\"kill\",\n    \"opeen\"], "
                                        "\"action\": \"SCMP_ACT_ALLOW\"}"));
  const Remark* remark = Find(judged.remarks, "unknown-syscall");
  ASSERT_NE(remark, nullptr);
  EXPECT_EQ(remark->where, (yaml::Location{6, 5}));
  EXPECT_EQ(remark->fix, "did you mean \"open\"?");
}

TEST(LintTest, ManyUnknownNamesAreNotAllTold) {
  std::string names;
  for (int i = 0; i < 1000; ++i) {
    names += StrCat(i == 0 ? "" : ",", "\"call_of_tomorrow_", i, "\"");
  }
  const Judged judged =
      MustJudge(Sound("", StrCat(", {\"action\": \"SCMP_ACT_ALLOW\", \"names\": [", names, "]}")));
  EXPECT_LT(judged.remarks.size(), 40U);
  EXPECT_THAT(judged.remarks,
              ::testing::Contains(::testing::Field(&Remark::message, HasSubstr("968 more names"))));
}

// --- Unconfined by another name -------------------------------------------------------------

// Everything but `names`, on `architectures`.
std::string AllBut(const std::vector<std::string_view>& names, const std::string& architectures,
                   const std::string& default_action = "ALLOW") {
  return StrCat(R"({"defaultAction": "SCMP_ACT_)", default_action, R"(", "architectures": [)",
                architectures, R"(], "syscalls": [{"names": [)", Quoted(names),
                R"(], "action": "SCMP_ACT_ERRNO"}]})");
}

TEST(DisguiseTest, WhatIsRefusedByNameMustBeAllOfIt) {
  EXPECT_FALSE(MustJudge(AllBut(WaysOut(), "")).unconfined_in_disguise);
  EXPECT_THAT(Ids(MustJudge(AllBut(WaysOut(), "")).remarks),
              ElementsAre("note no-default-deny", "note missing-architectures"));
  for (size_t i = 0; i < WaysOut().size(); ++i) {
    std::vector<std::string_view> others = WaysOut();
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const Judged judged = MustJudge(AllBut(others, ""));
    EXPECT_TRUE(judged.unconfined_in_disguise) << WaysOut()[i];
    EXPECT_THAT(judged.remarks.front().message,
                HasSubstr(StrCat("and ", WaysOut()[i], " may be executed")));
  }
}

TEST(DisguiseTest, OtherDefaultsThatExecute) {
  for (const char* action : {"ALLOW", "LOG", "TRACE"}) {
    EXPECT_TRUE(MustJudge(AllBut({"mkdir"}, "", action)).unconfined_in_disguise) << action;
    EXPECT_FALSE(MustJudge(AllBut(WaysOut(), "", action)).unconfined_in_disguise) << action;
  }
  EXPECT_FALSE(MustJudge(R"({"defaultAction": "SCMP_ACT_KILL"})").unconfined_in_disguise);
}

// A refusal that a flag of the call gets around.
TEST(DisguiseTest, ARefusalOfSomeCases) {
  std::string json = AllBut(
      {"bpf", "finit_module", "init_module", "kexec_load", "mount", "open_by_handle_at", "setns"},
      "");
  json.insert(json.rfind(']'), R"(, {"names": ["unshare"], "action": "SCMP_ACT_ERRNO",
      "args": [{"index": 0, "value": 268435456, "op": "SCMP_CMP_EQ"}]})");
  EXPECT_TRUE(MustJudge(json).unconfined_in_disguise);
}

// Calls have other numbers for 32-bit programs; x32's are those of x86_64 with a bit more.
TEST(DisguiseTest, OnEveryArchitecture) {
  if (NativeArch().name != "SCMP_ARCH_X86_64") {
    GTEST_SKIP() << "about x86";
  }
  const std::string all = R"("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32")";
  EXPECT_FALSE(MustJudge(AllBut(WaysOut(), all)).unconfined_in_disguise);
  EXPECT_TRUE(MustJudge(AllBut({"mount"}, all)).unconfined_in_disguise);
}

// Refusing by default does not help when everything is then allowed by name.
TEST(DisguiseTest, EverythingByName) {
  const auto allowing = [](const std::vector<std::string_view>& names) {
    return StrCat(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": [)", Quoted(names),
                  R"(], "action": "SCMP_ACT_ALLOW"}]})");
  };
  std::vector<std::string_view> names;
  for (const Syscall& syscall : SyscallsOf(NativeArch())) {
    names.emplace_back(syscall.name);
  }
  EXPECT_TRUE(MustJudge(allowing(names)).unconfined_in_disguise);
  std::erase(names, "kexec_load");
  EXPECT_FALSE(MustJudge(allowing(names)).unconfined_in_disguise);
}

// --- Rules that change nothing --------------------------------------------------------------

TEST(DeadRulesTest, OnlyThoseThatChangeNothing) {
  const auto tests = [](int value) {
    return StrCat(R"("args": [{"index": 0, "value": )", value, R"(, "op": "SCMP_CMP_EQ"}])");
  };
  const struct {
    const char* what;
    std::string rules;
    std::vector<int> dead;  // lines
  } cases[] = {
      {"each for itself",
       R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
{"names": ["read"], "action": "SCMP_ACT_LOG"})",
       {}},
      {"said twice: neither of them alone is missed",
       R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
{"names": ["kill"], "action": "SCMP_ACT_ALLOW"})",
       {2, 3}},
      {"a case of what is always so",
       StrCat(R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
{"names": ["kill"], "action": "SCMP_ACT_ALLOW", )",
              tests(7), "}"),
       {3}},
      {"a refused case of what is always allowed: libseccomp lets no case through to it",
       StrCat(R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
{"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", )",
              tests(7), "}"),
       {3}},
      {"cases of their own",
       StrCat(R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW", )", tests(7), "},\n",
              R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW", )", tests(8), "}"),
       {}},
      {"one name of its own",
       R"({"names": ["kill"], "action": "SCMP_ACT_ALLOW"},
{"names": ["kill", "read"], "action": "SCMP_ACT_ALLOW"})",
       {2}},
      {"what Judge tells is not told again",
       R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO"},
{"names": ["call_of_tomorrow"], "action": "SCMP_ACT_ALLOW"})",
       {}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    const Judged judged = MustJudge(
        StrCat("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [\n", one.rules, "]}"));
    std::vector<int> dead;
    for (const Remark& remark : DeadRules(judged)) {
      EXPECT_EQ(remark.id, "dead-rule");
      dead.push_back(remark.where.line);
    }
    EXPECT_EQ(dead, one.dead);
  }
}

// --- Docker's format ------------------------------------------------------------------------

TEST(DockerRemarksTest, NothingOfTheOciFormat) {
  EXPECT_THAT(DockerRemarks(ProfileFrom(Sound())), IsEmpty());
}

TEST(DockerRemarksTest, WhatContainerdMakesOfIt) {
  const Profile profile = ProfileFrom(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["mount", "bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
    {"name": "kill", "action": "SCMP_ACT_ALLOW"}]})");
  const std::vector<Remark> remarks = DockerRemarks(profile);
  EXPECT_THAT(Ids(remarks), ElementsAre("warning docker-format", "error docker-conditions-dropped",
                                        "warning docker-rules-dropped"));
  EXPECT_THAT(remarks[1].message, HasSubstr("2 calls that the profile keeps from it: bpf, mount"));
  EXPECT_THAT(remarks[2].message, HasSubstr("1 calls that the profile allows it: kill"));
}

// The floor itself is written with conditions; read without them it is no floor at all.
TEST(DockerRemarksTest, OfAWholeProfile) {
  const std::vector<Remark> remarks = DockerRemarks(RuntimeDefault());
  const Remark* dropped = Find(remarks, "docker-conditions-dropped");
  ASSERT_NE(dropped, nullptr);
  for (const char* name : {"bpf", "mount", "setns", "unshare", "open_by_handle_at",
                           "perf_event_open", "init_module", "clone (some arguments)"}) {
    EXPECT_THAT(dropped->message, HasSubstr(name));
  }
}

TEST(NeededTest, AreSortedCallsThatEveryContainerNeeds) {
  for (const auto* names : {&NeededToStart(), &NeededWithNewPrivileges(), &WaysOut()}) {
    EXPECT_TRUE(std::ranges::is_sorted(*names));
    for (const std::string_view name : *names) {
      EXPECT_TRUE(IsKnownSyscall(name)) << name;
    }
  }
  // What is needed anyway is needed with new privileges too.
  EXPECT_TRUE(std::ranges::includes(NeededWithNewPrivileges(), NeededToStart()));
}

TEST(NeededTest, IsToldOfEachThatIsRefused) {
  for (const std::string_view name : NeededToStart()) {
    std::vector<std::string_view> refused = WaysOut();
    refused.push_back(name);
    const Judged judged = MustJudge(AllBut(refused, ""));
    EXPECT_THAT(judged.refused_but_needed, ElementsAre(std::string(name)));
    EXPECT_NE(Find(judged.remarks, "needed-but-refused"), nullptr);
  }
}

}  // namespace
}  // namespace sekisho::seccomp
