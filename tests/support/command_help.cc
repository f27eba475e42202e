#include "support/command_help.h"

#include <sstream>

#include "support/child_process.h"

namespace sekisho::testing {
namespace {

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    parts.push_back(part);
  }
  return parts;
}

// A heading stands at the beginning of a line, an entry behind two blanks, and what does not fit
// beside it far behind those.
HelpPage Parse(std::vector<std::string> words, std::string text) {
  HelpPage page{.words = std::move(words),
                .options = {},
                .positionals = {},
                .subcommands = {},
                .text = std::move(text)};
  std::string section;
  std::istringstream in(page.text);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("  ")) {
      section = line;
      continue;
    }
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    if (name.empty()) {
      continue;
    }
    if (section == "Positionals:") {
      page.positionals.push_back(name);
    } else if (section == "Subcommands:") {
      page.subcommands.push_back(name);
    } else if (name.starts_with("-") && name != "-h,--help") {
      page.options.push_back(SplitAtCommas(name));
    }
  }
  return page;
}

void Walk(const std::string& binary, const std::vector<std::string>& words,
          std::vector<HelpPage>& pages) {
  std::vector<std::string> argv = words;
  argv.insert(argv.begin(), binary);
  argv.emplace_back("--help");
  pages.push_back(Parse(words, RunToEnd(argv).output));
  for (const std::string& name : std::vector<std::string>(pages.back().subcommands)) {
    std::vector<std::string> below = words;
    below.push_back(name);
    Walk(binary, below, pages);
  }
}

}  // namespace

std::string HelpPage::path() const {
  std::string path;
  for (const std::string& word : words) {
    path += (path.empty() ? "" : " ") + word;
  }
  return path;
}

std::vector<HelpPage> HelpPages(const std::string& binary) {
  std::vector<HelpPage> pages;
  Walk(binary, {}, pages);
  return pages;
}

}  // namespace sekisho::testing
