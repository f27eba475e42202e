#include "support/completing_shell.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "support/child_process.h"
#include "support/temp_dir.h"
#include "support/terminal.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::vector<std::string> SortedLines(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) {
      lines.insert(line);
    }
  }
  return {lines.begin(), lines.end()};
}

// As readline does it: what is in `breaks` and no blank is a word of its own.
std::vector<std::string> Broken(const std::vector<std::string>& words, const std::string& breaks) {
  std::vector<std::string> broken;
  for (const std::string& word : words) {
    const size_t at = word.find('=');
    if (!word.starts_with("--") || at == std::string::npos ||
        breaks.find('=') == std::string::npos) {
      broken.push_back(word);
      continue;
    }
    broken.push_back(word.substr(0, at));
    broken.emplace_back("=");
    if (at + 1 < word.size()) {
      broken.push_back(word.substr(at + 1));
    }
  }
  return broken;
}

// Asks for one line after the other as soon as there is one to edit, and ends: nothing is typed, so
// nothing has to be waited for. Every function that completes calls compadd in the end. Where it
// only asks what would match (-O, -A, -D), nothing is offered.
constexpr const char* kZshrc = R"zsh(
PS1='' LISTMAX=0 asked=0
unsetopt list_ambiguous
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a offered
    builtin compadd -A offered "$@"
    print -rl -- $offered >>$ZDOTDIR/matches.$asked
  fi
  builtin compadd "$@"
}
zle -C offer list-choices _main_complete
zle-line-init() {
  local line
  for line in "${(@f)$(<$ZDOTDIR/lines)}"; do
    BUFFER=$line CURSOR=${#line}
    zle offer
    zle -R  # shows it
    (( asked++ ))
  done
  exit
}
zle -N zle-line-init
)zsh";

}  // namespace

bool IsInstalled(const std::string& program) {
  return RunToEnd({"sh", "-c", "command -v " + Quoted(program)}).exit_code == 0;
}

std::vector<std::string> BashOffers(const std::string& script,
                                    const std::vector<std::string>& words,
                                    const std::string& word_breaks) {
  const TempDir dir;
  WriteText(dir.File("script"), script);
  const std::vector<std::string> broken = Broken(words, word_breaks);
  std::string ask = "set -u\nsource " + Quoted(dir.File("script")) +
                    "\nCOMP_WORDBREAKS=" + Quoted(word_breaks) + "\nCOMP_WORDS=(";
  for (const std::string& word : broken) {
    ask += Quoted(word) + " ";
  }
  ask += ")\nCOMP_CWORD=" + std::to_string(broken.size() - 1) +
         "\n_sekisho\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  WriteText(dir.File("ask"), ask);
  return SortedLines(RunToEnd({"bash", "--norc", "--noprofile", dir.File("ask")}).output);
}

ZshOffer ZshOffers(const std::string& script, const std::vector<std::string>& lines) {
  const TempDir dir;
  WriteText(dir.File("_sekisho"), script);
  WriteText(dir.File(".zshrc"), kZshrc);
  std::string all;
  for (size_t i = 0; i < lines.size(); ++i) {
    all += lines[i] + "\n";
    WriteText(dir.File("matches." + std::to_string(i)), "");
  }
  WriteText(dir.File("lines"), all);
  ZshOffer offer;
  offer.shown = RunInTerminal({"zsh", "-d", "-i"}, 200,
                              {{"ZDOTDIR", dir.path()}, {"TERM", "xterm"}, {"LANG", "C"}})
                    .output;
  for (size_t i = 0; i < lines.size(); ++i) {
    offer.matches.push_back(SortedLines(ReadText(dir.File("matches." + std::to_string(i)))));
  }
  return offer;
}

}  // namespace sekisho::testing
