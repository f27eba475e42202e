// `sekisho seccomp …` as a person or a pipeline calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/child_process.h"
#include "support/docker_profile.h"
#include "support/seccomp_profiles.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

struct Output {
  int exit_code = -1;
  std::string text;    // the standard output
  std::string errors;  // the standard error
};

class CliSeccompTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    WriteText(dir_.File(name), text);
    return dir_.File(name);
  }
  Output Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"/bin/sh",
                                     "-c",
                                     R"(out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err")",
                                     "sh",
                                     dir_.File("out"),
                                     dir_.File("err"),
                                     SEKISHO_BINARY,
                                     "seccomp"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ChildProcess child({.argv = std::move(argv)});
    Output output;
    output.exit_code = child.Wait(std::chrono::seconds(30)).value_or(-1);
    output.text = ReadText(dir_.File("out"));
    output.errors = ReadText(dir_.File("err"));
    return output;
  }
  Json RunForJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Output output = Run(arguments);
    Json json = Json::parse(output.text, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << output.text << output.errors;
    return json;
  }

  const TempDir dir_;
};

TEST_F(CliSeccompTest, LintSaysWhatIsGoodAndWhatIsNot) {
  const std::string good = File("good.json", RuntimeDefaultWithout({"chroot"}));
  const std::string weak = File("weak.json", RuntimeDefaultWith({"bpf", "mount"}));
  const Output of_good = Run({"lint", good});
  EXPECT_EQ(of_good.exit_code, 0) << of_good.text;
  EXPECT_THAT(of_good.text, HasSubstr("at least as strict as RuntimeDefault"));

  const Output of_both = Run({"lint", good, weak});
  EXPECT_EQ(of_both.exit_code, 1);
  EXPECT_THAT(of_both.text,
              AllOf(HasSubstr("bpf"), HasSubstr("mount"), HasSubstr("2 checked: 1 good, 1 not")));
  const Json json = RunForJson({"lint", weak})["profiles"][0];
  EXPECT_EQ(json["ok"], false);
  std::vector<std::string> beyond;
  for (const Json& one : json["beyondFloor"]) {
    beyond.push_back(one["call"]);
  }
  EXPECT_THAT(beyond, Contains("bpf"));
  EXPECT_THAT(beyond, Contains("mount"));

  // Another floor, and none.
  EXPECT_EQ(Run({"lint", "--floor", weak, weak}).exit_code, 0);
  EXPECT_EQ(Run({"lint", "--floor", "none", weak}).exit_code, 0);
  EXPECT_EQ(Run({"lint", "--floor", "none", "--must-deny", "@bpf", weak}).exit_code, 1);
}

// What 32-bit programs reach through socketcall counts, as it does for the daemon.
#ifdef __x86_64__
TEST_F(CliSeccompTest, LintMindsSideDoors) {
  const std::string file = File("no-socket.json", RuntimeDefaultWithout({"socket"}));
  EXPECT_EQ(Run({"lint", file}).exit_code, 0);
  EXPECT_EQ(Run({"lint", "--must-deny", "socket", file}).exit_code, 1);
  const std::string closed = File("no-door.json", RuntimeDefaultWithout({"socket", "socketcall"}));
  EXPECT_EQ(Run({"lint", "--must-deny", "socket", closed}).exit_code, 0);
}
#endif

TEST_F(CliSeccompTest, LintNamesFileLineColumnAndFix) {
  const std::string file =
      File("typo.json", "{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"sycalls\": []}\n");
  const Output output = Run({"lint", file});
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.text, AllOf(HasSubstr("typo.json:2:3"), HasSubstr("sycalls"),
                                 HasSubstr("did you mean \"syscalls\"")));
  const Json error = RunForJson({"lint", file})["profiles"][0]["errors"][0];
  EXPECT_EQ(error["line"], 2);
  EXPECT_EQ(error["column"], 3);
}

TEST_F(CliSeccompTest, ShowSaysWhatBecomesOfACall) {
  const std::string file = File("p.json", RuntimeDefaultWithout({"chroot"}));
  const Output output = Run({"show", file, "--syscall", "chroot,@bpf,openat"});
  EXPECT_EQ(output.exit_code, 0) << output.errors;
  EXPECT_THAT(output.text,
              AllOf(HasSubstr("chroot x86_64 ERRNO 1 (EPERM)"),
                    HasSubstr("bpf x86_64 ERRNO 1 (EPERM)"), HasSubstr("openat x86_64 ALLOW")));
  const Json calls =
      RunForJson({"show", file, "--syscall", "clone"})["architectures"]["x86_64"]["syscalls"];
  EXPECT_THAT(calls["clone"], SizeIs(2));
  EXPECT_THAT(Run({"show", file}).text,
              AllOf(HasSubstr("permitted on x86_64"), HasSubstr("refused")));
  EXPECT_EQ(Run({"show", file, "--syscall", "no_such_call"}).exit_code, 2);
}

TEST_F(CliSeccompTest, ResolveEvaluatesDockersConditions) {
  const std::string docker = File("docker.json", kDockerProfile);
  const Output without = Run({"resolve", docker});
  EXPECT_EQ(without.exit_code, 0) << without.errors;
  EXPECT_THAT(without.text, Not(HasSubstr("\"mount\"")));
  const Output with = Run({"resolve", docker, "--caps", "default,sys_admin"});
  EXPECT_THAT(with.text, HasSubstr("\"mount\""));
  EXPECT_THAT(with.text, Not(HasSubstr("includes")));
  const Output arm = Run({"resolve", docker, "--arch", "arm64", "--kernel", "4.4"});
  EXPECT_THAT(arm.text, HasSubstr("SCMP_ARCH_AARCH64"));
  // What comes out is a profile.
  EXPECT_EQ(Run({"lint", "--floor", "none", File("resolved.json", without.text)}).exit_code, 0);
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--caps", "NO_SUCH"},
                                              {"--arch", "z80"},
                                              {"--kernel", "new"},
                                              {"--containerd", "0.1"}}) {
    EXPECT_EQ(Run({"resolve", docker, bad[0], bad[1]}).exit_code, 2) << bad[0];
  }
}

TEST_F(CliSeccompTest, CompareGoesBothWays) {
  const std::string strict = File("strict.json", RuntimeDefaultWithout({"chroot"}));
  const Output stricter = Run({"compare", strict, "RuntimeDefault"});
  EXPECT_EQ(stricter.exit_code, 0) << stricter.text;
  EXPECT_THAT(stricter.text,
              AllOf(HasSubstr("is stricter than RuntimeDefault"), HasSubstr("chroot")));
  const Output weaker = Run({"compare", "RuntimeDefault", strict});
  EXPECT_EQ(weaker.exit_code, 1);
  EXPECT_THAT(weaker.text, HasSubstr("not at least as strict"));
  const Json json = RunForJson({"compare", "RuntimeDefault", strict});
  EXPECT_EQ(json["atLeastAsStrict"], false);
  std::vector<std::string> only;
  for (const Json& one : json["onlyA"]) {
    only.push_back(one["syscall"]);
  }
  EXPECT_THAT(only, Contains("chroot"));
  EXPECT_EQ(Run({"compare", strict, strict}).exit_code, 0);
  // An older containerd permits more.
  EXPECT_EQ(Run({"compare", "--containerd", "1.6.20", "RuntimeDefault",
                 File("new.json", Run({"resolve", "RuntimeDefault"}).text)})
                .exit_code,
            1);
}

// Options with lists of names take one word, so that what comes behind it is a file.
TEST_F(CliSeccompTest, AFileMayStandBehindAListAndBeforeAnOption) {
  const std::string good = File("good.json", RuntimeDefaultWithout({"chroot"}));
  const std::string weak = File("weak.json", RuntimeDefaultWith({"bpf"}));
  EXPECT_EQ(Run({"lint", "--must-deny", "bpf,chroot", good, "-o", "json"}).exit_code, 0);
  EXPECT_EQ(
      Run({"lint", "--must-deny", "chroot", "--must-deny", "bpf", weak, "-o", "json"}).exit_code,
      1);
  EXPECT_EQ(Run({"show", "--syscall", "read", good, "-o", "json"}).exit_code, 0);
  EXPECT_EQ(Run({"compare", "--caps", "none", good, weak, "-o", "json"}).exit_code, 0);
}

TEST_F(CliSeccompTest, BadCallsAndFiles) {
  EXPECT_EQ(Run({}).exit_code, 2);
  EXPECT_EQ(Run({"lint"}).exit_code, 2);
  EXPECT_EQ(Run({"lint", dir_.File("none.json")}).exit_code, 2);
  EXPECT_EQ(Run({"compare", dir_.File("none.json"), "RuntimeDefault"}).exit_code, 2);
  EXPECT_EQ(Run({"show", File("bytes", "\x01\x02")}).exit_code, 2);
  EXPECT_EQ(Run({"lint", "--must-deny", "@nothing", File("a.json", "{}")}).exit_code, 2);
}

}  // namespace
}  // namespace sekisho::testing
