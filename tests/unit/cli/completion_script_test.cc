// Completion scripts of a command line made to be difficult; that of the built program is the
// business of tests/integration.
#include "cli/completion_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command_tree.h"
#include "support/child_process.h"
#include "support/completing_shell.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::cli {
namespace {

using ::sekisho::testing::BashOffers;
using ::sekisho::testing::IsInstalled;
using ::sekisho::testing::TempDir;
using ::sekisho::testing::ZshOffer;
using ::sekisho::testing::ZshOffers;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CompletionScriptTest : public ::testing::Test {
 protected:
  CompletionScriptTest() {
    CLI::App* ask = app_.add_subcommand("ask", "Don't [ask]: \"$(touch asked)\" `id` \\ %s");
    ask->add_option("-o,--output", text_, "It's [text] or: \\ json")
        ->check(CLI::IsMember({"text", "json"}));
    ask->add_option("--config", text_, "A file")
        ->excludes(ask->add_flag("--quiet", flag_, "Say less"));
    ask->add_option("--count", number_, "How many");
    ask->add_option("--caps", list_, "Names");
    ask->add_option("SHELL", text_, "Which")->check(CLI::IsMember({"bash", "zsh"}));
    ask->add_option("FILE", list_, "The rest");
    CLI::App* nested = app_.add_subcommand("seccomp", "Nested");
    nested->add_subcommand("show", "Below")->add_option("FILE", text_, "A profile");
    nested->add_subcommand("ask", "Of the same name");
    shape_ = ShapeOf(app_);
  }

  std::vector<std::string> Bash(const std::vector<std::string>& words) const {
    return BashOffers(BashCompletion(shape_), words);
  }

  CLI::App app_{"A program", "sekisho"};
  std::string text_;
  int number_ = 0;
  bool flag_ = false;
  std::vector<std::string> list_;
  CommandShape shape_;
  const TempDir dir_;
};

TEST_F(CompletionScriptTest, TheTreeIsThatOfTheParser) {
  const std::vector<const CommandShape*> commands = Flat(shape_);
  std::vector<std::string> paths(commands.size());
  std::ranges::transform(commands, paths.begin(), &CommandShape::path);
  EXPECT_THAT(paths, ElementsAre("", "ask", "seccomp", "seccomp show", "seccomp ask"));
  const std::vector<OptionShape>& options = commands[1]->options;
  ASSERT_EQ(options.size(), 8U);
  EXPECT_THAT(options[0].names, ElementsAre("-h", "--help"));
  EXPECT_FALSE(options[0].takes_value);
  EXPECT_THAT(options[1].names, ElementsAre("-o", "--output"));
  EXPECT_THAT(options[1].value.words, ElementsAre("text", "json"));
  EXPECT_TRUE(options[2].value.files);
  EXPECT_THAT(options[2].excludes, ElementsAre("--quiet"));
  EXPECT_FALSE(options[4].value.files) << "a number is no file";
  EXPECT_TRUE(options[5].repeated);
  EXPECT_TRUE(options[6].positional);
  EXPECT_THAT(options[6].value.words, ElementsAre("bash", "zsh"));
}

TEST_F(CompletionScriptTest, BashOffersWhatFits) {
  const TempDir dir;
  testing::WriteText(dir.File("a file"), "");
  const struct {
    const char* what;
    std::vector<std::string> words;
    std::vector<std::string> offers;
  } kRows[] = {
      {"commands", {"sekisho", ""}, {"ask", "seccomp"}},
      {"commands that begin so", {"sekisho", "se"}, {"seccomp"}},
      {"nested ones", {"sekisho", "seccomp", ""}, {"ask", "show"}},
      {"options",
       {"sekisho", "ask", "-"},
       {"--caps", "--config", "--count", "--help", "--output", "--quiet", "-h", "-o"}},
      {"options of the nested one and not of its namesake",
       {"sekisho", "seccomp", "ask", "-"},
       {"--help", "-h"}},
      {"the program's", {"sekisho", "--"}, {"--help"}},
      {"words of a value", {"sekisho", "ask", "--output", ""}, {"json", "text"}},
      {"by the short name", {"sekisho", "ask", "-o", "j"}, {"json"}},
      {"behind =", {"sekisho", "ask", "--output="}, {"json", "text"}},
      {"behind = with a beginning", {"sekisho", "ask", "--output=t"}, {"text"}},
      {"nothing for a number", {"sekisho", "ask", "--count", ""}, {}},
      {"files for a value", {"sekisho", "ask", "--config", dir.File("")}, {dir.File("a file")}},
      {"the first positional", {"sekisho", "ask", "b"}, {"bash"}},
      {"the first after options", {"sekisho", "ask", "-o", "text", "--quiet", "b"}, {"bash"}},
      {"the second positional", {"sekisho", "ask", "bash", dir.File("a")}, {dir.File("a file")}},
      {"the last one again",
       {"sekisho", "ask", "bash", "x", "y", dir.File("a")},
       {dir.File("a file")}},
      {"after an option with =", {"sekisho", "ask", "--output=text", "b"}, {"bash"}},
      {"words and files", {"sekisho", "seccomp", "show", "Runtime"}, {"RuntimeDefault"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(Bash(row.words), row.offers);
  }
}

TEST_F(CompletionScriptTest, BashNeedsNoEqualsSignAmongTheWordBreaks) {
  const std::string script = BashCompletion(shape_);
  EXPECT_THAT(BashOffers(script, {"sekisho", "ask", "--output=j"}, " \t\n"),
              ElementsAre("--output=json"));
}

TEST_F(CompletionScriptTest, ZshOffersWhatFits) {
  if (!IsInstalled("zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  const TempDir dir;
  testing::WriteText(dir.File("file"), "");
  const struct {
    const char* what;
    std::string line;
    std::vector<std::string> offers;
  } kRows[] = {
      {"commands", "sekisho ", {"ask", "seccomp"}},
      {"nested ones", "sekisho seccomp ", {"ask", "show"}},
      {"options", "sekisho ask --c", {"--caps", "--config", "--count"}},
      {"words of a value", "sekisho ask --output ", {"json", "text"}},
      {"by the short name", "sekisho ask -o ", {"json", "text"}},
      {"behind =", "sekisho ask --output=", {"json", "text"}},
      {"files for a value", "sekisho ask --config " + dir.File("f"), {"file"}},
      {"the first positional", "sekisho ask ", {"bash", "zsh"}},
      {"the second positional", "sekisho ask bash " + dir.File("f"), {"file"}},
      {"the last one again", "sekisho ask bash x y " + dir.File("f"), {"file"}},
      {"words and files", "sekisho seccomp show Run", {"RuntimeDefault"}},
  };
  const std::string script = ZshCompletion(shape_);
  std::vector<std::string> lines;
  for (const auto& row : kRows) {
    lines.push_back(row.line);
  }
  const ZshOffer offer = ZshOffers(script, lines);
  ASSERT_EQ(offer.matches.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(offer.matches[i], kRows[i].offers) << kRows[i].what << "\n" << offer.shown;
  }
}

TEST_F(CompletionScriptTest, ZshOffersNoOptionBesideOneThatExcludesIt) {
  if (!IsInstalled("zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  const std::string script = ZshCompletion(shape_);
  EXPECT_THAT(ZshOffers(script, {"sekisho ask --q", "sekisho ask --config x --q",
                                 "sekisho ask --output text --o"})
                  .matches,
              ElementsAre(ElementsAre("--quiet"), IsEmpty(), IsEmpty()));
}

// Whatever a description says, it is text.
TEST_F(CompletionScriptTest, DescriptionsAreShownAsTheyAre) {
  if (!IsInstalled("zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  const std::string script = ZshCompletion(shape_);
  EXPECT_THAT(ZshOffers(script, {"sekisho ", "sekisho ask --o"}).shown,
              AllOf(HasSubstr("Don't [ask]: \"$(touch asked)\" `id` \\ %s"),
                    HasSubstr("It's [text] or: \\ json")));
}

TEST_F(CompletionScriptTest, ScriptsAreCleanForTheShells) {
  const TempDir dir;
  testing::WriteText(dir.File("bash"), BashCompletion(shape_));
  testing::WriteText(dir.File("zsh"), ZshCompletion(shape_));
  EXPECT_EQ(testing::RunToEnd({"bash", "-n", dir.File("bash")}).output, "");
  if (IsInstalled("shellcheck")) {
    EXPECT_EQ(testing::RunToEnd({"shellcheck", "-s", "bash", dir.File("bash")}).output, "");
  }
  if (IsInstalled("zsh")) {
    EXPECT_EQ(testing::RunToEnd({"zsh", "-f", "-n", dir.File("zsh")}).output, "");
  }
}

}  // namespace
}  // namespace sekisho::cli
