#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/parse.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

// All diagnostics, one a line.
std::string Errors(std::string_view text) {
  std::vector<yaml::Diagnostic> errors;
  const std::optional<Profile> profile = Parse(text, "p", &errors);
  EXPECT_EQ(profile.has_value(), errors.empty());
  return base::StrJoin(errors, "\n", &yaml::Diagnostic::ToString);
}

std::string ErrorsOfTop(std::string_view keys) {
  return Errors(StrCat("{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n", keys, "}"));
}
std::string ErrorsOfRule(std::string_view keys) {
  return ErrorsOfTop(StrCat("\"syscalls\": [{\"action\": \"SCMP_ACT_ALLOW\",\n", keys, "}]"));
}
std::string ErrorsOfArgument(std::string_view argument) {
  return ErrorsOfRule(StrCat("\"names\": [\"read\"], \"args\": [\n", argument, "]"));
}

struct Row {
  std::string_view text;
  std::string_view errors;
};

TEST(ParseErrorsTest, TheDocument) {
  constexpr Row kRows[] = {
      {"[]", "p:1:1: expected an object, found a list"},
      {"\"x\"", "p:1:1: expected an object, found text"},
      {"null", "p:1:1: expected an object, found null"},
      {"{}",
       "p:1:1: defaultAction: is required and missing (write what becomes of calls that no rule "
       "names: SCMP_ACT_ERRNO, …)"},
      {"{\"defaultAction\": null}",
       "p:1:1: defaultAction: is required and missing (write what becomes of calls that no rule "
       "names: SCMP_ACT_ERRNO, …)"},
      {"{\"defaultAction\": \"\"}", "p:1:19: defaultAction: must not be empty"},
      {"{\"defaultAction\": \"SCMP_ACT_ALOW\"}",
       "p:1:19: defaultAction: unknown value \"SCMP_ACT_ALOW\" (did you mean \"SCMP_ACT_ALLOW\"?)"},
      {"{\"defaultAction\": \"scmp_act_allow\"}",
       "p:1:19: defaultAction: unknown value \"scmp_act_allow\" (did you mean "
       "\"SCMP_ACT_ALLOW\"?)"},
      {"{\"defaultAction\": 7}", "p:1:19: defaultAction: expected text, found a number"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(Errors(row.text), row.errors);
  }
}

TEST(ParseErrorsTest, Keys) {
  constexpr Row kRows[] = {
      {R"("sycalls": [])", "p:2:1: sycalls: unknown key (did you mean \"syscalls\"?)"},
      {R"("Syscalls": [])",
       "p:2:1: Syscalls: is \"syscalls\" in other letters: some readers take it for that key, and "
       "some drop it (write \"syscalls\")"},
      {R"("x\u001by": 1)",
       "p:2:1: x\\x1by: unknown key (one of: defaultAction, defaultErrnoRet, defaultErrno, "
       "architectures, archMap, flags, listenerPath, listenerMetadata, syscalls)"},
      {R"("flags": [],
 "defaultAction": "SCMP_ACT_LOG")",
       "p:3:2: defaultAction: given a second time; the first is at line 1, column 2 (keep one of "
       "the two)"},
      {R"("flags": null, "flags": [])",
       "p:2:16: flags: given a second time; the first is at line 2, column 1 (keep one of the "
       "two)"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(ErrorsOfTop(row.text), row.errors);
  }
}

TEST(ParseErrorsTest, Top) {
  constexpr Row kRows[] = {
      {R"("defaultErrnoRet": 65536)",
       "p:2:20: defaultErrnoRet: expected a whole number from 0 to 65535, found \"65536\""},
      {R"("defaultErrnoRet": "1")",
       "p:2:20: defaultErrnoRet: expected a whole number from 0 to 65535, found \"1\" (remove the "
       "quotes)"},
      {R"("defaultErrno": "EPREM")",
       "p:2:17: defaultErrno: unknown errno \"EPREM\" (write its name in errno.h: \"EPERM\", "
       "\"ENOSYS\", …)"},
      {R"("defaultErrno": "ENOSYS", "defaultErrnoRet": 1)",
       "p:2:17: defaultErrno: is errno 38, and \"defaultErrnoRet\" is 1: which of them counts "
       "depends on the runtime (make them the same)"},
      {R"("architectures": {})", "p:2:18: architectures: expected a list, found an object"},
      {R"("architectures": ["SCMP_ARCH_X86_65"])",
       "p:2:19: architectures[0]: unknown architecture \"SCMP_ARCH_X86_65\" (did you mean "
       "\"SCMP_ARCH_X86_64\"?)"},
      {R"("architectures": ["SCMP_ARCH_X86", "amd64"])",
       "p:2:36: architectures[1]: unknown architecture \"amd64\" (write \"SCMP_ARCH_X86_64\")"},
      {R"("architectures": ["SCMP_ARCH_NATIVE"])",
       "p:2:19: architectures[0]: unknown architecture \"SCMP_ARCH_NATIVE\" (leave it out: the "
       "architecture that the node runs on is always included)"},
      {R"("architectures": [null])", "p:2:19: architectures[0]: expected text, found null"},
      {R"("architectures": ["SCMP_ARCH_X86"],
 "archMap": [{"architecture": "SCMP_ARCH_X86_64"}])",
       "p:3:13: archMap: is given together with \"architectures\" (keep \"architectures\": only "
       "Docker reads \"archMap\")"},
      {R"("archMap": [{"subArchitectures": []}])",
       "p:2:13: archMap[0].architecture: is required and missing (write the architecture of the "
       "node that this entry is for)"},
      {R"("archMap": [{"architecture": "SCMP_ARCH_S390X"}, {"architecture": "SCMP_ARCH_S390X"}])",
       "p:2:50: archMap[1]: a second entry for SCMP_ARCH_S390X (keep one of the two: only the "
       "first counts)"},
      {R"("archMap": [{"architecture": "SCMP_ARCH_SH", "subArchitecture": []}])",
       "p:2:46: archMap[0].subArchitecture: unknown key (did you mean \"subArchitectures\"?)"},
      {R"("flags": ["SECCOMP_FILTER_FLAG_LOGS"])",
       "p:2:11: flags[0]: unknown value \"SECCOMP_FILTER_FLAG_LOGS\" (did you mean "
       "\"SECCOMP_FILTER_FLAG_LOG\"?)"},
      {R"("listenerPath": "/run/\u0000x")",
       "p:2:17: listenerPath: \"/run/\\x00x\" contains a control character"},
      {R"("syscalls": [null])", "p:2:14: syscalls[0]: expected an object, found null"},
      {R"("syscalls": {})", "p:2:13: syscalls: expected a list, found an object"},
      {R"("syscalls": [{}])",
       "p:2:14: syscalls[0].action: is required and missing (write what becomes of these calls: "
       "SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, …)"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(ErrorsOfTop(row.text), row.errors);
  }
}

TEST(ParseErrorsTest, Rules) {
  constexpr Row kRows[] = {
      {R"("names": "read")", "p:3:10: syscalls[0].names: expected a list, found text"},
      {R"("names": ["read", 3])", "p:3:19: syscalls[0].names[1]: expected text, found a number"},
      {R"("names": [""])", "p:3:11: syscalls[0].names[0]: must not be empty"},
      {R"("names": ["@mount"])",
       "p:3:11: syscalls[0].names[0]: \"@mount\" is no name of a system call (names have letters, "
       "digits and underscores, and no group's @)"},
      {R"("names": ["mount\u0000x"])",
       "p:3:11: syscalls[0].names[0]: \"mount\\x00x\" contains a control character"},
      {R"("names": ["read "])",
       "p:3:11: syscalls[0].names[0]: \"read \" is no name of a system call (names have letters, "
       "digits and underscores, and no group's @)"},
      {R"("name": "a", "names": ["b"])",
       "p:3:9: syscalls[0].name: is given together with \"names\" (keep \"names\", and put this "
       "name there)"},
      {R"("errnoRet": -1)",
       "p:3:13: syscalls[0].errnoRet: expected a whole number from 0 to 65535, found \"-1\""},
      {R"("errno": "EPERM", "errnoRet": 2)",
       "p:3:10: syscalls[0].errno: is errno 1, and \"errnoRet\" is 2: which of them counts depends "
       "on the runtime (make them the same)"},
      {R"("comment": ["x"])", "p:3:12: syscalls[0].comment: expected text, found a list"},
      {R"("arg": [])", "p:3:1: syscalls[0].arg: unknown key (did you mean \"args\"?)"},
      {R"("includes": [])", "p:3:13: syscalls[0].includes: expected an object, found a list"},
      {R"("includes": {"cap": []})",
       "p:3:14: syscalls[0].includes.cap: unknown key (did you mean \"caps\"?)"},
      {R"("includes": {"Caps": []})",
       "p:3:14: syscalls[0].includes.Caps: is \"caps\" in other letters: some readers take it for "
       "that key, and some drop it (write \"caps\")"},
      {R"("includes": {"caps": ["SYS_ADMIN"]})",
       "p:3:23: syscalls[0].includes.caps[0]: \"SYS_ADMIN\" would match no container's capability "
       "(write \"CAP_SYS_ADMIN\")"},
      {R"("excludes": {"caps": ["cap_sys_admin"]})",
       "p:3:23: syscalls[0].excludes.caps[0]: \"cap_sys_admin\" would match no container's "
       "capability (write \"CAP_SYS_ADMIN\")"},
      {R"("excludes": {"caps": ["CAP_SYS_ADMN"]})",
       "p:3:23: syscalls[0].excludes.caps[0]: unknown capability \"CAP_SYS_ADMN\" (write the "
       "kernel's name: CAP_SYS_ADMIN, …)"},
      {R"("excludes": {"arches": ["SCMP_ARCH_X86_64"]})",
       "p:3:25: syscalls[0].excludes.arches[0]: unknown architecture \"SCMP_ARCH_X86_64\" (write "
       "\"amd64\")"},
      {R"("excludes": {"arches": ["386"]})",
       "p:3:25: syscalls[0].excludes.arches[0]: unknown architecture \"386\" (write \"x86\")"},
      {R"("excludes": {"arches": ["amd46"]})",
       "p:3:25: syscalls[0].excludes.arches[0]: unknown architecture \"amd46\" (did you mean "
       "\"amd64\"?)"},
      {R"("includes": {"minKernel": 4.8})",
       "p:3:27: syscalls[0].includes.minKernel: expected text, found a number"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(ErrorsOfRule(row.text), row.errors);
  }
}

TEST(ParseErrorsTest, KernelVersions) {
  for (const std::string_view text : {"4", "4.", ".8", "4.8.1", "4.8-rc1", "v4.8", "4.256", "-4.8",
                                      "4. 8", "0.0", "256.0", "4.8 ", "4,8"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ErrorsOfRule(StrCat("\"includes\": {\"minKernel\": \"", text, "\"}")),
              StrCat("p:3:27: syscalls[0].includes.minKernel: \"", text,
                     "\" is no kernel version (write two numbers with a dot: \"4.8\")"));
  }
  EXPECT_EQ(ErrorsOfRule("\"includes\": {\"minKernel\": \"\"}"),
            "p:3:27: syscalls[0].includes.minKernel: must not be empty");
}

TEST(ParseErrorsTest, Arguments) {
  constexpr Row kRows[] = {
      {R"({"index": 6, "value": 1, "op": "SCMP_CMP_EQ"})",
       "p:4:11: syscalls[0].args[0].index: expected a whole number from 0 to 5, found \"6\""},
      {R"({"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"})",
       "p:4:23: syscalls[0].args[0].value: expected a whole number from 0 to 18446744073709551615, "
       "found \"18446744073709551616\""},
      {R"({"index": 0, "value": 1.0, "op": "SCMP_CMP_EQ"})",
       "p:4:23: syscalls[0].args[0].value: expected a whole number from 0 to 18446744073709551615, "
       "found \"1.0\""},
      {R"({"index": 0, "value": 1, "valueTwo": 1e3, "op": "SCMP_CMP_EQ"})",
       "p:4:38: syscalls[0].args[0].valueTwo: expected a whole number from 0 to "
       "18446744073709551615, found \"1e3\""},
      {R"({"index": 0, "value": true, "op": "SCMP_CMP_EQ"})",
       "p:4:23: syscalls[0].args[0].value: expected a whole number from 0 to 18446744073709551615, "
       "found true or false"},
      {R"({"index": 0, "value": 1, "op": "SCMP_CMP_MASKED"})",
       "p:4:32: syscalls[0].args[0].op: unknown value \"SCMP_CMP_MASKED\" (did you mean "
       "\"SCMP_CMP_MASKED_EQ\"?)"},
      {R"({"index": 0, "op": "SCMP_CMP_EQ"})",
       "p:4:1: syscalls[0].args[0].value: is required and missing (write what the argument is "
       "compared with)"},
      {R"({"index": 0, "value": 1})",
       "p:4:1: syscalls[0].args[0].op: is required and missing (write how it is compared: "
       "SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ, …)"},
      {R"({"value": 1, "op": "SCMP_CMP_EQ"})",
       "p:4:1: syscalls[0].args[0].index: is required and missing (write which argument it is "
       "about, from 0 to 5)"},
      {R"({"index": 0, "value": 1, "op": "SCMP_CMP_EQ", "valuetwo": 1})",
       "p:4:47: syscalls[0].args[0].valuetwo: is \"valueTwo\" in other letters: some readers take "
       "it for that key, and some drop it (write \"valueTwo\")"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(ErrorsOfArgument(row.text), row.errors);
  }
}

TEST(ParseErrorsTest, AllOfAFileAtOnceInItsOrder) {
  EXPECT_EQ(Errors("{\n\"syscalls\": [{\"nmes\": []}],\n\"defaultAction\": \"x\"\n}"),
            "p:2:14: syscalls[0].action: is required and missing (write what becomes of these "
            "calls: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, …)\n"
            "p:2:15: syscalls[0].nmes: unknown key (did you mean \"names\"?)\n"
            "p:3:18: defaultAction: unknown value \"x\" (one of: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, "
            "SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, "
            "SCMP_ACT_TRACE, SCMP_ACT_TRAP, SCMP_ACT_NOTIFY)");
}

std::string Repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += StrCat(i == 0 ? "" : ",", text);
  }
  return out;
}

TEST(ParseErrorsTest, Bounds) {
  const auto rules = [](size_t count) {
    return StrCat("\"syscalls\": [", Repeated("{\"action\":\"SCMP_ACT_LOG\"}", count), "]");
  };
  EXPECT_EQ(ErrorsOfTop(rules(kRulesMax)), "");
  EXPECT_THAT(ErrorsOfTop(rules(kRulesMax + 1)),
              testing::HasSubstr("syscalls[4096]: more than 4096 rules, or than 16384 names"));
  const auto names = [](size_t count) {
    return StrCat("\"names\": [", Repeated("\"read\"", count), "]");
  };
  EXPECT_EQ(ErrorsOfRule(names(kNamesMax)), "");
  EXPECT_THAT(ErrorsOfRule(names(kNamesMax + 1)),
              testing::HasSubstr("syscalls[0]: more than 4096 rules, or than 16384 names"));
  EXPECT_EQ(Errors(std::string(kProfileBytesMax + 1, '{')), "p: is larger than 1048576 bytes");
  EXPECT_THAT(Errors(std::string(kNestingMax + 1, '[')),
              testing::HasSubstr("p:1:17: nested deeper than 16 levels"));
  EXPECT_THAT(ErrorsOfTop(StrCat("\"x\": [", Repeated("1", kValuesMax), "]")),
              testing::HasSubstr("more than 131072 values"));
}

TEST(ParseErrorsTest, AMillionErrorsAreNotAMillionLines) {
  std::vector<yaml::Diagnostic> errors;
  const std::string text = StrCat("{", Repeated("\"x\":1", 100000), "}");
  EXPECT_FALSE(Parse(text, "p", &errors).has_value());
  EXPECT_EQ(errors.size(), 101u);
  EXPECT_EQ(errors.back().ToString(), "p: has 100 errors or more; only the first are shown");
}

// A message is one line of bounded length, whatever the file says.
TEST(ParseErrorsTest, LongWordsAreCut) {
  const std::string word = Repeated("\xC3\xA4", 5000);
  EXPECT_LT(ErrorsOfTop(StrCat("\"", word, "\": 1")).size(), 600u);
  EXPECT_LT(ErrorsOfTop(StrCat("\"flags\": [\"", word, "\"]")).size(), 600u);
  EXPECT_LT(ErrorsOfTop(StrCat("\"defaultErrnoRet\": 1", std::string(5000, '0'))).size(), 600u);
  EXPECT_LT(Errors(StrCat("{", word)).size(), 600u);
}

}  // namespace
}  // namespace sekisho::seccomp
