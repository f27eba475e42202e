// What --help says, read by a program: every command with its options.
#pragma once

#include <string>
#include <vector>

namespace sekisho::testing {

struct HelpPage {
  std::vector<std::string> words;                 // {"seccomp", "lint"}; empty: the program
  std::vector<std::vector<std::string>> options;  // {{"-o", "--output"}, …} without -h,--help
  std::vector<std::string> positionals;           // "FILE"
  std::vector<std::string> subcommands;
  std::string text;

  std::string path() const;  // "seccomp lint"
};

// Of the program and of every command below it, found by asking the program itself.
std::vector<HelpPage> HelpPages(const std::string& binary);

}  // namespace sekisho::testing
