// The command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sekisho::bench {

struct Options {
  int rounds = 0;  // 0: as many as usual
  bool quick = false;
  std::vector<std::string> cases;  // empty: all
  std::vector<std::string> ways;   // empty: all
  std::string json;
  std::string svg;
  std::string page;  // a Markdown file whose results are replaced
  std::string from;  // results of earlier, in place of measuring
  bool leak = false;
  int64_t leak_calls = 1'000'000;
  bool real = false;
  double soak = 0;   // minutes; 0: none
  bool all = false;  // the cases, and both of these
  bool check = false;
  bool no_pin = false;
  std::string instructions;  // a table of limits: count instructions in place of measuring
  std::string callgrind;     // keep callgrind's files there
  std::string haproxy = "haproxy";
  std::string nginx = "nginx";
};

// Whether to go on; if not, the exit code.
bool ParseOptions(int argc, char** argv, Options& options, int& exit_code);

}  // namespace sekisho::bench
