// The man pages against --help: a page for every subcommand, all of its options in it, and none
// that does not exist. That man itself has nothing to say of a page is checked by .ci/check-text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/command_help.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::Contains;
using ::testing::IsSubsetOf;
using ::testing::IsSupersetOf;

struct ManPage {
  std::set<std::string> documented;  // options that an entry of a list is about
  std::set<std::string> named;       // options anywhere
  std::set<std::string> refers_to;   // "sekisho-check.8"
  std::set<std::string> commands;    // entries of a list that are subcommands
  std::string title;                 // of .Dt
};

bool IsMacro(const std::string& word) {
  return word.size() == 2 && std::isupper(static_cast<unsigned char>(word[0])) != 0 &&
         std::islower(static_cast<unsigned char>(word[1])) != 0;
}

// "Fl -config Ar file , Fl o" -> "--config", "-o"; "Fl o , -output" -> "-o", "--output".
void TakeOptions(const std::vector<std::string>& words, std::set<std::string>& options) {
  bool in_flags = false;
  for (const std::string& word : words) {
    if (IsMacro(word)) {
      in_flags = word == "Fl";
    } else if (in_flags && word.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos) {
      options.insert("-" + word);
    }
  }
}

ManPage Read(const std::string& file) {
  ManPage page;
  std::istringstream in(ReadText(file));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(".")) {
      continue;
    }
    std::istringstream of_line(line.substr(1));
    std::vector<std::string> words;
    for (std::string word; of_line >> word;) {
      words.push_back(word);
    }
    if (words.empty()) {
      continue;
    }
    TakeOptions(words, page.named);
    if (words[0] == "It") {
      TakeOptions(words, page.documented);
    }
    if (words[0] == "It" && words.size() == 3 && words[1] == "Cm") {
      page.commands.insert(words[2]);
    }
    if (words[0] == "Xr" && words.size() >= 3) {
      page.refers_to.insert(words[1] + "." + words[2]);
    }
    if (words[0] == "Dt" && words.size() == 3) {
      page.title = words[1] + "." + words[2];
    }
  }
  return page;
}

std::string FileOf(const std::string& page) {
  return std::string(SEKISHO_MAN_PAGES "/") + page;
}

// Subcommands of a subcommand are in its page, and what needs none is in that of the program.
std::string PageOf(const HelpPage& help) {
  const bool in_overview = help.words.empty() || help.words[0] == "version";
  return in_overview ? "sekisho.8" : "sekisho-" + help.words[0] + ".8";
}

class ManPagesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { pages_ = new std::vector(HelpPages(SEKISHO_BINARY)); }
  static void TearDownTestSuite() { delete pages_; }

  inline static std::vector<HelpPage>* pages_ = nullptr;
};

TEST_F(ManPagesTest, EverySubcommandHasAPageWithItsOptions) {
  ASSERT_GT(pages_->size(), 15U);
  for (const HelpPage& help : *pages_) {
    SCOPED_TRACE("sekisho " + help.path());
    const std::string file = FileOf(PageOf(help));
    if (!std::filesystem::exists(file)) {
      ADD_FAILURE() << file << " is not there";
      continue;
    }
    const ManPage page = Read(file);
    for (const std::vector<std::string>& option : help.options) {
      EXPECT_THAT(page.documented, IsSupersetOf(option)) << "in no .It of " << file;
    }
  }
}

TEST_F(ManPagesTest, NoPageNamesAnOptionThatDoesNotExist) {
  std::map<std::string, std::set<std::string>> options;
  for (const HelpPage& help : *pages_) {
    std::set<std::string>& of_page = options[PageOf(help)];
    of_page.insert({"-h", "--help"});
    for (const std::vector<std::string>& option : help.options) {
      of_page.insert(option.begin(), option.end());
    }
  }
  for (const auto& [name, existing] : options) {
    if (std::filesystem::exists(FileOf(name))) {
      EXPECT_THAT(Read(FileOf(name)).named, IsSubsetOf(existing)) << name;
    }
  }
}

TEST_F(ManPagesTest, TheOverviewLeadsToEveryPage) {
  const ManPage overview = Read(FileOf("sekisho.8"));
  for (const std::string& command : pages_->front().subcommands) {
    EXPECT_THAT(overview.commands, Contains(command));
    if (command != "version") {
      EXPECT_THAT(overview.refers_to, Contains("sekisho-" + command + ".8"));
    }
  }
}

TEST_F(ManPagesTest, PagesAreCalledAsTheyAreAndLeadToOthersThatExist) {
  std::set<std::string> of_commands;
  for (const HelpPage& help : *pages_) {
    of_commands.insert(PageOf(help));
  }
  for (const auto& entry : std::filesystem::directory_iterator(SEKISHO_MAN_PAGES)) {
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    const ManPage page = Read(entry.path().string());
    std::string title = name;
    for (char& c : title) {
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    EXPECT_EQ(page.title, title);
    for (const std::string& other : page.refers_to) {
      EXPECT_TRUE(!other.starts_with("sekisho") || std::filesystem::exists(FileOf(other))) << other;
    }
    if (name.ends_with(".8")) {
      EXPECT_THAT(of_commands, Contains(name)) << "there is no such subcommand";
      EXPECT_TRUE(name == "sekisho.8" || page.refers_to.contains("sekisho.8"));
    }
  }
}

}  // namespace
}  // namespace sekisho::testing
