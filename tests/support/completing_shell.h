// Real shells that complete a command line with a script.
#pragma once

#include <string>
#include <vector>

namespace sekisho::testing {

// Whether the program is on this machine.
bool IsInstalled(const std::string& program);

// What bash offers for the last of `words`, sorted; the first one is the program. `word_breaks`:
// bash hands over "--config=x" as three words where "=" is one of these, which is the default.
std::vector<std::string> BashOffers(const std::string& script,
                                    const std::vector<std::string>& words,
                                    const std::string& word_breaks = " \t\n\"'><=;|&(:");

// What zsh offers at the end of each of `lines`, sorted. The script is found as _sekisho by way of
// fpath, as an installed one is.
struct ZshOffer {
  std::vector<std::vector<std::string>> matches;  // of each line
  std::string shown;  // of all lines: the lists with descriptions, and whatever went wrong
};
ZshOffer ZshOffers(const std::string& script, const std::vector<std::string>& lines);

}  // namespace sekisho::testing
