// The command line as plain data, for what is written about it: the completion scripts.
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls itself so
class App;
}

namespace sekisho::cli {

// What a shell can offer for a value: some words, and files or directories besides.
struct Completes {
  std::vector<std::string> words = {};
  bool files = false;
  bool directories = false;
};

struct OptionShape {
  std::vector<std::string> names;  // "-o", "--output"; of a positional "FILE"
  std::string description;
  bool positional = false;
  bool takes_value = true;
  bool required = false;
  bool repeated = false;
  std::vector<std::string> excludes = {};  // names of options that cannot stand beside it
  Completes value = {};
};

struct CommandShape {
  std::string path;  // "seccomp lint"; empty: the program itself
  std::string name;  // "lint"
  std::string description;
  std::vector<OptionShape> options = {};  // and positionals, in their order
  std::vector<CommandShape> subcommands = {};
};

// Everything is read off the parser, so that what is made of it cannot be out of date. Only which
// values are files or one of a few words without the parser's knowing is in a table of its own;
// what is not in there completes file names.
CommandShape ShapeOf(const CLI::App& app);

// The command and all below it, each before its subcommands.
std::vector<const CommandShape*> Flat(const CommandShape& root);

}  // namespace sekisho::cli
