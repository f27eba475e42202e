#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "cli/completion_script.h"

namespace sekisho::cli {
namespace {

using base::StrCat;

constexpr std::string_view kHead = R"zsh(#compdef sekisho
# zsh completion for sekisho(8); printed by "sekisho completion zsh".

_sekisho_words_or_files() {
  _alternative "words:word:($*)" 'files:file:_files'
}
)zsh";

// As a function of fpath the file is the function's first call; otherwise it was sourced.
constexpr std::string_view kTail = R"zsh(
if [[ $funcstack[1] == _sekisho ]]; then
  _sekisho "$@"
else
  compdef _sekisho sekisho
fi
)zsh";

std::string SingleQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

// What a description is in the syntax of _arguments and _describe.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '[' || c == ']' || c == ':') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string FunctionOf(const std::string& path) {
  std::string name = path.empty() ? "_sekisho" : StrCat("_sekisho_", path);
  for (char& c : name) {
    c = c == ' ' ? '_' : c;
  }
  return name;
}

// What _arguments does for a value.
std::string ActionOf(const Completes& value) {
  const std::string words =
      base::StrJoin(value.words, " ", [](const std::string& word) { return word; });
  if (value.files) {
    return value.words.empty() ? "_files" : StrCat(" _sekisho_words_or_files ", words);
  }
  if (value.directories) {
    return "_files -/";
  }
  return value.words.empty() ? " " : StrCat("(", words, ")");
}

// One argument of _arguments; its explanation, and what a value is, behind the names.
std::string SpecOf(const OptionShape& option) {
  if (option.positional) {
    return SingleQuoted(StrCat(option.repeated ? "*:" : ":", Escaped(option.names.front()), ":",
                               ActionOf(option.value)));
  }
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(StrCat(name, !option.takes_value ? "" : name.starts_with("--") ? "=" : "+"));
  }
  std::vector<std::string> others = option.excludes;
  if (!option.repeated) {
    others.insert(others.begin(), option.names.begin(), option.names.end());
  }
  const std::string list = base::StrJoin(others, " ", [](const std::string& name) { return name; });
  const std::string before =
      StrCat(others.empty() ? "" : StrCat("(", list, ")"), option.repeated ? "*" : "");
  std::string after = StrCat("[", Escaped(option.description), "]");
  if (option.takes_value) {
    const std::string name = option.names.back();
    after += StrCat(":", name.substr(name.find_first_not_of('-')), ":", ActionOf(option.value));
  }
  const std::string one_or_more =
      names.size() == 1
          ? SingleQuoted(names.front())
          : StrCat("{", base::StrJoin(names, ",", [](const std::string& name) { return name; }),
                   "}");
  return StrCat(before.empty() ? "" : SingleQuoted(before), one_or_more, SingleQuoted(after));
}

std::string SpecsOf(const CommandShape& command) {
  std::string specs;
  for (const OptionShape& option : command.options) {
    specs += StrCat(" \\\n    ", SpecOf(option));
  }
  return specs;
}

std::string LeafFunction(const CommandShape& command) {
  return StrCat("\n", FunctionOf(command.path), "() {\n  _arguments -s -S", SpecsOf(command),
                "\n}\n");
}

std::string ParentFunction(const CommandShape& command) {
  std::string described;
  std::string cases;
  for (const CommandShape& below : command.subcommands) {
    described += StrCat(
        "    ", SingleQuoted(StrCat(Escaped(below.name), ":", Escaped(below.description))), "\n");
    cases += StrCat("        ", below.name, ") ", FunctionOf(below.path), " && ret=0 ;;\n");
  }
  return StrCat("\n", FunctionOf(command.path), R"zsh(() {
  local curcontext=$curcontext state state_descr line ret=1
  local -A opt_args
  local -a commands=(
)zsh",
                described, R"zsh(  )
  _arguments -s -S -C)zsh",
                SpecsOf(command), R"zsh( \
    ': :->command' \
    '*:: :->below' && ret=0
  case $state in
    command) _describe -t commands command commands && ret=0 ;;
    below)
      case $words[1] in
)zsh",
                cases, R"zsh(      esac
      ;;
  esac
  return ret
}
)zsh");
}

}  // namespace

std::string ZshCompletion(const CommandShape& root) {
  std::string functions;
  for (const CommandShape* command : Flat(root)) {
    functions += command->subcommands.empty() ? LeafFunction(*command) : ParentFunction(*command);
  }
  return StrCat(kHead, functions, kTail);
}

}  // namespace sekisho::cli
