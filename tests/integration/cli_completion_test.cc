// `sekisho completion`: what bash and zsh offer is what --help says, all of it and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "support/child_process.h"
#include "support/command_help.h"
#include "support/completing_shell.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

constexpr const char* kBashCompletion = "/usr/share/bash-completion/bash_completion";

std::string ScriptFor(const std::string& shell) {
  const Finished finished = RunToEnd({SEKISHO_BINARY, "completion", shell});
  EXPECT_EQ(finished.exit_code, 0);
  return finished.output;
}

std::vector<std::string> Sorted(std::vector<std::string> words) {
  std::ranges::sort(words);
  return words;
}

std::vector<std::string> OptionsOf(const HelpPage& page) {
  std::vector<std::string> names = {"--help", "-h"};
  for (const std::vector<std::string>& option : page.options) {
    names.insert(names.end(), option.begin(), option.end());
  }
  return Sorted(names);
}

// {"--output", {"json", "text"}}: where --help says which words a value can be.
struct Choice {
  std::string option;
  std::vector<std::string> words;
};
std::vector<Choice> ChoicesOf(const HelpPage& page) {
  static const auto* const kChoice = new std::regex(R"(\n  \S*(--[a-z-]+) [A-Z]+:\{([^}]*)\})");
  std::vector<Choice> choices;
  for (std::sregex_iterator at(page.text.begin(), page.text.end(), *kChoice), end; at != end;
       ++at) {
    Choice choice{.option = (*at)[1], .words = {}};
    std::istringstream in((*at)[2]);
    for (std::string word; std::getline(in, word, ',');) {
      choice.words.push_back(word);
    }
    std::ranges::sort(choice.words);
    choices.push_back(choice);
  }
  return choices;
}

std::vector<std::string> Line(const HelpPage& page, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"sekisho"};
  words.insert(words.end(), page.words.begin(), page.words.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class CliCompletionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { pages_ = new std::vector(HelpPages(SEKISHO_BINARY)); }
  static void TearDownTestSuite() { delete pages_; }

  inline static std::vector<HelpPage>* pages_ = nullptr;
};

TEST_F(CliCompletionTest, HelpCanBeRead) {
  ASSERT_THAT(*pages_, SizeIs(::testing::Gt(15U)));
  std::vector<std::string> paths(pages_->size());
  std::ranges::transform(*pages_, paths.begin(), &HelpPage::path);
  EXPECT_THAT(paths, IsSupersetOf({"", "serve", "check", "seccomp", "seccomp lint", "completion"}));
  const auto lint = std::ranges::find(*pages_, "seccomp lint", &HelpPage::path);
  EXPECT_THAT(OptionsOf(*lint), IsSupersetOf({"--must-deny", "-o", "--output", "--color"}));
  EXPECT_THAT(lint->positionals, ElementsAre("FILE"));
  EXPECT_THAT(ChoicesOf(*lint), SizeIs(2));
}

TEST_F(CliCompletionTest, BashOffersEverySubcommandAndEveryOption) {
  const std::string script = ScriptFor("bash");
  for (const HelpPage& page : *pages_) {
    SCOPED_TRACE("sekisho " + page.path());
    if (!page.subcommands.empty()) {
      EXPECT_EQ(BashOffers(script, Line(page, {""})), Sorted(page.subcommands));
    }
    EXPECT_EQ(BashOffers(script, Line(page, {"-"})), OptionsOf(page));
    for (const Choice& choice : ChoicesOf(page)) {
      EXPECT_EQ(BashOffers(script, Line(page, {choice.option, ""})), choice.words) << choice.option;
    }
  }
}

TEST_F(CliCompletionTest, ZshOffersEverySubcommandAndEveryOption) {
  if (!IsInstalled("zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  std::vector<std::string> lines;
  std::vector<std::vector<std::string>> offers;
  const auto ask = [&](const HelpPage& page, const std::string& end,
                       std::vector<std::string> offer) {
    lines.push_back("sekisho " + page.path() + (page.words.empty() ? "" : " ") + end);
    offers.push_back(std::move(offer));
  };
  for (const HelpPage& page : *pages_) {
    if (!page.subcommands.empty()) {
      ask(page, "", Sorted(page.subcommands));
    }
    ask(page, "-", OptionsOf(page));
    for (const Choice& choice : ChoicesOf(page)) {
      ask(page, choice.option + " ", choice.words);
    }
  }
  const ZshOffer offer = ZshOffers(ScriptFor("zsh"), lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(offer.matches[i], offers[i]) << lines[i] << "\n" << offer.shown;
  }
}

TEST_F(CliCompletionTest, ZshShowsWhatSubcommandsAndOptionsDo) {
  if (!IsInstalled("zsh")) {
    GTEST_SKIP() << "there is no zsh here";
  }
  const ZshOffer offer =
      ZshOffers(ScriptFor("zsh"), {"sekisho ", "sekisho check -", "sekisho seccomp lint -"});
  EXPECT_THAT(offer.shown, HasSubstr("Judge manifests, or recorded CRI requests, offline"));
  EXPECT_THAT(offer.shown, HasSubstr("The agent's configuration [/etc/sekisho/config.yaml]"));
  EXPECT_THAT(offer.shown, HasSubstr("A profile to be at least as strict as: a file"));
}

TEST_F(CliCompletionTest, FilesAreOfferedWhereAFileIsMeant) {
  const TempDir dir;
  WriteText(dir.File("a file.json"), "");
  std::filesystem::create_directory(dir.File("a folder"));
  const std::string begun = dir.File("a");
  const std::vector<std::string> both = {dir.File("a file.json"), dir.File("a folder")};
  const std::vector<std::string> folder = {dir.File("a folder")};
  const struct {
    std::vector<std::string> words;
    std::vector<std::string> offers;
  } kRows[] = {
      {{"sekisho", "serve", "--config", begun}, both},
      {{"sekisho", "serve", "--config=" + begun}, both},
      {{"sekisho", "check", begun}, both},
      {{"sekisho", "check", "--policy", begun}, both},
      {{"sekisho", "check", "--level", "baseline", "x.yaml", begun}, both},
      {{"sekisho", "ready", "--status-file", begun}, both},
      {{"sekisho", "kubeconfig", "--to", begun}, both},
      {{"sekisho", "kubeconfig", "--from", begun}, folder},
      {{"sekisho", "seccomp", "lint", "--floor", begun}, both},
      {{"sekisho", "seccomp", "lint", "--floor", "Runtime"}, {"RuntimeDefault"}},
      {{"sekisho", "seccomp", "compare", "x.json", begun}, both},
      {{"sekisho", "seccomp", "compare", "x.json", "Run"}, {"RuntimeDefault"}},
      {{"sekisho", "seccomp", "record", "-o", begun}, both},
      {{"sekisho", "seccomp", "record", "--state", begun}, folder},
      {{"sekisho", "replay", "--policy", begun}, both},
      {{"sekisho", "replay", "--policy", "x.yaml", begun}, both},
      {{"sekisho", "report", "-o", begun}, both},
      {{"sekisho", "status", "--socket", begun}, both},
      {{"sekisho", "report", "--since", begun}, {}},
      {{"sekisho", "verify", "--interval", begun}, {}},
      {{"sekisho", "install", "--timeout", begun}, {}},
      {{"sekisho", "check", "--image-user", begun}, {}},
      {{"sekisho", "check", "--level", ""}, {"baseline", "privileged", "restricted"}},
      {{"sekisho", "completion", ""}, {"bash", "zsh"}},
      {{"sekisho", "version", ""}, {}},
  };
  const std::string script = ScriptFor("bash");
  for (const auto& row : kRows) {
    SCOPED_TRACE(::testing::PrintToString(row.words));
    EXPECT_EQ(BashOffers(script, row.words), row.offers);
  }
}

// The package's way: found by name when the first TAB comes.
TEST_F(CliCompletionTest, TheBashCompletionPackageFindsItByName) {
  if (!std::filesystem::exists(kBashCompletion)) {
    GTEST_SKIP() << "there is no " << kBashCompletion;
  }
  const TempDir dir;
  const std::string folder = dir.File("bash-completion/completions");
  std::filesystem::create_directories(folder);
  WriteText(folder + "/sekisho", ScriptFor("bash"));
  const Finished finished = RunToEnd(
      {"env", "BASH_COMPLETION_USER_DIR=" + dir.File("bash-completion"), "bash", "--norc", "-c",
       std::string("source ") + kBashCompletion +
           "; _completion_loader sekisho; complete -p sekisho; COMP_WORDS=(sekisho verif) "
           "COMP_CWORD=1; _sekisho sekisho verif sekisho; echo \"${COMPREPLY[@]}\""});
  EXPECT_EQ(finished.output, "complete -F _sekisho sekisho\nverify\n");
}

TEST_F(CliCompletionTest, ScriptsAreCleanForTheShells) {
  const TempDir dir;
  WriteText(dir.File("bash"), ScriptFor("bash"));
  WriteText(dir.File("zsh"), ScriptFor("zsh"));
  EXPECT_EQ(RunToEnd({"bash", "-n", dir.File("bash")}).output, "");
  if (IsInstalled("shellcheck")) {
    EXPECT_EQ(RunToEnd({"shellcheck", "-s", "bash", dir.File("bash")}).output, "");
  }
  if (IsInstalled("zsh")) {
    EXPECT_EQ(RunToEnd({"zsh", "-f", "-n", dir.File("zsh")}).output, "");
  }
}

TEST_F(CliCompletionTest, OtherShellsAreRefused) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{}, {"fish"}, {"bash", "zsh"}}) {
    std::vector<std::string> argv = {SEKISHO_BINARY, "completion"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(RunToEnd(argv).exit_code, 2) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(
      RunToEnd({"sh", "-c", std::string(SEKISHO_BINARY) + " completion bash >/dev/full"}).exit_code,
      1);
}

}  // namespace
}  // namespace sekisho::testing
