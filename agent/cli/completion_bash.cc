#include <string>
#include <string_view>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "cli/completion_script.h"

namespace sekisho::cli {
namespace {

using base::StrCat;

constexpr std::string_view kHead =
    R"(# bash completion for sekisho(8); printed by "sekisho completion bash".

# What can stand behind a command.
_sekisho_command() {
  subcommands='' flags='' valued='' positionals='' repeats=''
  case $1 in
)";

constexpr std::string_view kBetween = R"(  esac
}

# What a value can be: of the option or positional $2 of the command $1.
_sekisho_value() {
  case "$1|$2" in
)";

// The words before the cursor say which command it is and whether a value is due. bash takes "="
// for a word of its own, unless COMP_WORDBREAKS is without it.
constexpr std::string_view kTail = R"(  esac
}

_sekisho() {
  local subcommands flags valued positionals repeats
  local command='' option='' prefix='' words='' files='' directories='' seen=0 word i
  local current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  _sekisho_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      [[ $word == '=' ]] || option=''
    elif [[ " $valued " == *" $word "* ]]; then
      option=$word
    elif [[ $word == -?* ]]; then
      continue
    elif [[ " $subcommands " == *" $word "* ]]; then
      command=${command:+$command }$word
      _sekisho_command "$command"
    else
      seen=$((seen + 1))
    fi
  done
  if [[ -n $option ]]; then
    [[ $current == '=' ]] && current=''
    _sekisho_value "$command" "$option"
  elif [[ $current == --*=* ]]; then
    prefix=${current%%=*}=
    _sekisho_value "$command" "${current%%=*}"
    current=${current#*=}
  elif [[ $current == -* ]]; then
    words="$flags $valued"
  elif [[ -n $subcommands ]]; then
    words=$subcommands
  else
    local -a names
    read -r -a names <<<"$positionals"
    if [[ $seen -ge ${#names[@]} && -n $repeats ]]; then
      seen=$((${#names[@]} - 1))
    fi
    _sekisho_value "$command" "${names[seen]-}"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -P "$prefix" -- "$current")
  if [[ -n $files ]]; then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -P "$prefix" -- "$current")
  elif [[ -n $directories ]]; then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -P "$prefix" -- "$current")
  fi
  # So that blanks are quoted and a directory gets its slash. Only while the shell itself asks.
  if [[ -n $files$directories ]]; then
    compopt -o filenames 2>/dev/null
  fi
  return 0
}
complete -F _sekisho sekisho
)";

std::string Words(const std::vector<std::string>& words) {
  return base::StrJoin(words, " ", [](const std::string& word) { return word; });
}

std::string Assigned(std::string_view name, const std::vector<std::string>& words) {
  return words.empty() ? "" : StrCat(" ", name, "='", Words(words), "'");
}

std::string CommandCase(const CommandShape& command) {
  std::vector<std::string> subcommands;
  for (const CommandShape& below : command.subcommands) {
    subcommands.push_back(below.name);
  }
  std::vector<std::string> flags;
  std::vector<std::string> valued;
  std::vector<std::string> positionals;
  bool repeats = false;
  for (const OptionShape& option : command.options) {
    std::vector<std::string>& list = option.positional    ? positionals
                                     : option.takes_value ? valued
                                                          : flags;
    list.insert(list.end(), option.names.begin(), option.names.end());
    repeats = repeats || (option.positional && option.repeated);
  }
  return StrCat("    '", command.path, "')", Assigned("subcommands", subcommands),
                Assigned("flags", flags), Assigned("valued", valued),
                Assigned("positionals", positionals), repeats ? " repeats=1" : "", " ;;\n");
}

std::string ValueCases(const CommandShape& command) {
  std::string text;
  for (const OptionShape& option : command.options) {
    const Completes& value = option.value;
    if (value.words.empty() && !value.files && !value.directories) {
      continue;
    }
    text += StrCat("    ",
                   base::StrJoin(option.names, " | ",
                                 [&command](const std::string& name) {
                                   return StrCat("'", command.path, "|", name, "'");
                                 }),
                   ")", Assigned("words", value.words), value.files ? " files=1" : "",
                   value.directories ? " directories=1" : "", " ;;\n");
  }
  return text;
}

}  // namespace

std::string BashCompletion(const CommandShape& root) {
  std::string commands;
  std::string values;
  for (const CommandShape* command : Flat(root)) {
    commands += CommandCase(*command);
    values += ValueCases(*command);
  }
  return StrCat(kHead, commands, kBetween, values, kTail);
}

}  // namespace sekisho::cli
