// Colours of the commands with text for people: in a terminal and nowhere else, unless told so, and
// never a change of the text itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.h"
#include "support/seccomp_profiles.h"
#include "support/temp_dir.h"
#include "support/terminal.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using Environment = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kRed = "\x1b[1;31m";
constexpr const char* kEnd = "\x1b[0m";
constexpr unsigned short kColumns = 100;
const Environment kTerminal = {{"TERM", "xterm"}};

std::string Pod(const std::string& name, const std::string& spec, const std::string& container) {
  return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec: {" + spec +
         "containers: [{name: c, image: i" + container + "}]}\n";
}
constexpr const char* kRuntimeDefault =
    ", securityContext: {seccompProfile: {type: RuntimeDefault}}";

// Characters, not bytes.
std::vector<size_t> Widths(const std::string& text) {
  std::vector<size_t> widths;
  std::istringstream in(WithoutColour(text));
  for (std::string line; std::getline(in, line);) {
    widths.push_back(static_cast<size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; })));
  }
  return widths;
}

// A command with something to colour, and what has to be coloured in what it says.
struct Case {
  const char* what;
  std::vector<std::string> arguments;
  std::vector<std::string> coloured;
};

class CliColorTest : public ::testing::Test {
 protected:
  CliColorTest() {
    WriteText(dir_.File("pods.yaml"),
              Pod("good", "", kRuntimeDefault) + Pod("plain", "", "") +
                  Pod(std::string(60, 'n'), "hostNetwork: true, hostPID: true, ", ""));
    WriteText(dir_.File("strict.json"), RuntimeDefaultWithout({"chroot"}));
    WriteText(dir_.File("weak.json"), RuntimeDefaultWith({"bpf", "mount"}));
    WriteText(dir_.File("broken.json"), "{");
    WriteText(dir_.File("policy.yaml"),
              "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\n"
              "defaults: {enforce: baseline}\nexemptions:\n"
              "- match: {namespaces: [old]}\n  reason: gone\n  expires: 2020-01-01\n");
    WriteText(dir_.File("bad.yaml"),
              "apiVersion: sekisho.io/v1alpha1\nkind: NodePolicy\nnonsense: 1\n");
    WriteText(dir_.File("config.yaml"),
              "apiVersion: sekisho.io/v1alpha1\nkind: AgentConfig\n"
              "policy: {file: " +
                  dir_.File("policy.yaml") + ", dropInDirectory: " + dir_.File("policy.d") + "}\n");
  }

  std::vector<Case> Cases() const {
    const auto file = [this](const char* name) { return dir_.File(name); };
    return {
        {"check",
         {"check", "--level", "baseline", file("pods.yaml")},
         {std::string(kGreen) + "allowed" + kEnd, std::string(kYellow) + "hardened" + kEnd,
          std::string(kRed) + "refused" + kEnd}},
        {"lint",
         {"seccomp", "lint", file("strict.json"), file("weak.json"), file("broken.json")},
         {std::string(kGreen) + "at least as strict as" + kEnd,
          std::string(kRed) + "weaker than" + kEnd, std::string(kRed) + "error" + kEnd}},
        {"lint --must-deny",
         {"seccomp", "lint", "--must-deny", "bpf", file("weak.json")},
         {std::string(kRed) + "permits what it must deny:" + kEnd}},
        {"show",
         {"seccomp", "show", file("strict.json")},
         {std::string(kGreen) + "permitted" + kEnd, std::string(kRed) + "refused" + kEnd}},
        {"show --syscall",
         {"seccomp", "show", file("strict.json"), "--syscall", "read,chroot,clone"},
         {std::string(kGreen) + "ALLOW" + kEnd, std::string(kRed) + "ERRNO" + kEnd}},
        {"compare: weaker",
         {"seccomp", "compare", file("weak.json"), file("strict.json")},
         {std::string(kRed) + "not at least as strict" + kEnd}},
        {"compare: stricter",
         {"seccomp", "compare", file("strict.json"), file("weak.json")},
         {std::string(kGreen) + "stricter" + kEnd}},
        {"compare: the same",
         {"seccomp", "compare", file("weak.json"), file("weak.json")},
         {std::string(kGreen) + "the same" + kEnd}},
        {"check-config: an error",
         {"check-config", "--config", file("config.yaml"), "--policy", file("bad.yaml")},
         {kRed + file("bad.yaml") + ":3:1" + kEnd}},
        {"check-config: a warning",
         {"check-config", "--config", file("config.yaml")},
         {std::string(kYellow) + "warning: " + kEnd}},
    };
  }

  static Finished InTerminal(std::vector<std::string> arguments, const Environment& environment) {
    arguments.insert(arguments.begin(), SEKISHO_BINARY);
    return RunInTerminal(arguments, kColumns, environment);
  }
  static Finished Piped(std::vector<std::string> arguments,
                        const std::vector<std::string>& more = {}) {
    arguments.insert(arguments.begin(), {"env", "-u", "NO_COLOR", "TERM=xterm", SEKISHO_BINARY});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunToEnd(arguments);
  }

  const TempDir dir_;
};

TEST_F(CliColorTest, VerdictsAreColouredInATerminalAndTheTextStaysTheSame) {
  for (const Case& row : Cases()) {
    SCOPED_TRACE(row.what);
    const Finished piped = Piped(row.arguments);
    const Finished coloured = InTerminal(row.arguments, kTerminal);
    EXPECT_THAT(piped.output, Not(HasSubstr("\x1b")));
    for (const std::string& text : row.coloured) {
      EXPECT_THAT(coloured.output, HasSubstr(text));
    }
    EXPECT_EQ(WithoutColour(coloured.output), piped.output);
    EXPECT_EQ(coloured.exit_code, piped.exit_code);
  }
}

TEST_F(CliColorTest, LinesFitIntoTheTerminal) {
  for (const Case& row : Cases()) {
    SCOPED_TRACE(row.what);
    if (row.arguments[0] == "check-config") {
      continue;  // an error is one line, for an editor to jump to; what is explained has 100
                 // columns
    }
    const Finished finished = InTerminal(row.arguments, kTerminal);
    EXPECT_THAT(Widths(finished.output), Each(Le(size_t{kColumns}))) << finished.output;
  }
}

TEST_F(CliColorTest, ItIsAskedForAndRefused) {
  const Environment no_color = {{"TERM", "xterm"}, {"NO_COLOR", "1"}};
  const struct {
    const char* what;
    std::string when;
    Environment environment;
    bool coloured;
  } kRows[] = {
      {"NO_COLOR", "auto", no_color, false},
      {"an empty NO_COLOR is none", "auto", {{"TERM", "xterm"}, {"NO_COLOR", ""}}, true},
      {"a dumb terminal", "auto", {{"TERM", "dumb"}}, false},
      {"no TERM", "auto", {}, false},
      {"never", "never", kTerminal, false},
      {"always, whatever NO_COLOR says", "always", no_color, true},
  };
  for (const Case& one : Cases()) {
    for (const auto& row : kRows) {
      SCOPED_TRACE(std::string(one.what) + ", " + row.what);
      std::vector<std::string> arguments = one.arguments;
      arguments.insert(arguments.end(), {"--color", row.when});
      const std::string output = InTerminal(arguments, row.environment).output;
      EXPECT_EQ(output.find('\x1b') != std::string::npos, row.coloured) << output;
    }
  }
}

TEST_F(CliColorTest, AlwaysColoursAPipeToo) {
  for (const Case& row : Cases()) {
    SCOPED_TRACE(row.what);
    const Finished finished = Piped(row.arguments, {"--color", "always"});
    for (const std::string& text : row.coloured) {
      EXPECT_THAT(finished.output, HasSubstr(text));
    }
  }
}

TEST_F(CliColorTest, JsonIsNeverColoured) {
  for (const Case& row : Cases()) {
    if (row.arguments[0] != "check-config") {
      EXPECT_THAT(Piped(row.arguments, {"--color", "always", "-o", "json"}).output,
                  Not(HasSubstr("\x1b")))
          << row.what;
    }
  }
}

TEST_F(CliColorTest, AWordThatIsNoAnswerIsRefused) {
  EXPECT_EQ(Piped({"check", "x.yaml", "--color", "sometimes"}).exit_code, 2);
}

}  // namespace
}  // namespace sekisho::testing
