#include "install/command_line.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"

namespace sekisho::install {
namespace {

using base::StrCat;

size_t SkipBlanks(const TracedText& text, size_t at) {
  while (at < text.size() && IsBlank(text[at])) {
    ++at;
  }
  return at;
}

// From the first byte's origin to the last one's.
Origin Across(const TracedText& text, size_t first, size_t last) {
  return {text.origin(first).source, text.origin(first).begin, text.origin(last).end};
}

// The character that `digits` of a base name. One beyond ASCII, or NUL, is none of a flag.
std::optional<char> CharacterOf(std::string_view digits, size_t count, int base) {
  if (digits.size() < count) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : digits.substr(0, count)) {
    const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    const int digit = lower >= 'a' ? lower - 'a' + 10 : lower - '0';
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c)) || digit >= base) {
      return std::nullopt;
    }
    value = value * base + digit;
  }
  return value > 0 && value < 0x80 ? std::optional(static_cast<char>(value)) : std::nullopt;
}

struct Escape {
  char stands_for = 0;
  size_t length = 0;  // without the backslash
};

// `rest` is what follows the backslash.
std::optional<Escape> ReadUnitEscape(std::string_view rest) {
  static constexpr std::string_view kLetters = "abfnrtvs\\\"'";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v \\\"'";
  const size_t known = kLetters.find(rest[0]);
  if (known != std::string_view::npos) {
    return Escape{kMeanings[known], 1};
  }
  const bool hex = rest[0] == 'x';
  const size_t digits = hex ? 2 : 3;
  const std::optional<char> character = CharacterOf(rest.substr(hex ? 1 : 0), digits, hex ? 16 : 8);
  if (!character.has_value()) {
    return std::nullopt;
  }
  return Escape{*character, digits + (hex ? 1 : 0)};
}

// Appends what the escape at `at` stands for; where the text goes on.
absl::StatusOr<size_t> AppendEscaped(const TracedText& text, size_t at, Escapes escapes,
                                     TracedText* out) {
  const std::string_view rest = std::string_view(text.text()).substr(at + 1);
  if (rest.empty()) {
    return Refuse("ends in a backslash");
  }
  const std::optional<Escape> escape =
      escapes == Escapes::kVariable ? Escape{rest[0], 1} : ReadUnitEscape(rest);
  if (!escape.has_value()) {
    return Refuse(StrCat("the escape \\", rest[0], " is not understood here"));
  }
  out->Append(escape->stands_for, Across(text, at, at + escape->length));
  return at + 1 + escape->length;
}

absl::StatusOr<Word> ReadWord(const TracedText& text, size_t at, Escapes escapes) {
  Word word{.text = {}, .begin = at};
  char quote = 0;
  while (at < text.size() && (quote != 0 || !IsBlank(text[at]))) {
    const char c = text[at];
    if (c == '\\') {
      SEKISHO_ASSIGN_OR_RETURN(at, AppendEscaped(text, at, escapes, &word.text));
      continue;
    }
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      word.text.Append(c, text.origin(at));
    }
    ++at;
  }
  if (quote != 0) {
    return Refuse(StrCat("a quote ", quote, " is never closed"));
  }
  word.end = at;
  return word;
}

// The program's word without what may stand before it: - @ : + ! (and !!).
absl::Status TakePrefixes(const TracedText& word, ExecCommand* command, bool* names_argv0) {
  size_t at = 0;
  for (; at < word.size() && std::string_view("-@:+!").find(word[at]) != std::string_view::npos;
       ++at) {
    command->expands &= word[at] != ':';
    *names_argv0 |= word[at] == '@';
  }
  command->path = word.text().substr(at);
  if (command->path.empty() || command->path.find('$') != std::string::npos) {
    return Refuse("the program's path is not written out");
  }
  return absl::OkStatus();
}

// Appends what ${NAME} at `at` stands for; where the word goes on.
absl::StatusOr<size_t> AppendVariable(
    const TracedText& word, size_t at,
    const std::function<absl::StatusOr<TracedText>(std::string_view name)>& value_of,
    TracedText* out) {
  const size_t close = word.text().find('}', at);
  if (close == std::string::npos) {
    return Refuse("${ is never closed");
  }
  SEKISHO_ASSIGN_OR_RETURN(const TracedText value,
                           value_of(std::string_view(word.text()).substr(at + 2, close - at - 2)));
  out->Append(value);
  return close + 1;
}

class Expander {
 public:
  Expander(const Environment& environment, const std::set<std::string, std::less<>>& outside)
      : environment_(environment), outside_(outside) {}

  absl::Status Expand(const TracedText& word, std::vector<TracedText>* argv) const {
    if (word.text().starts_with('$') && !word.text().starts_with("${") &&
        !word.text().starts_with("$$")) {
      SEKISHO_ASSIGN_OR_RETURN(const TracedText value,
                               ValueOf(std::string_view(word.text()).substr(1)));
      SEKISHO_ASSIGN_OR_RETURN(std::vector<Word> words, SplitWords(value, Escapes::kVariable));
      for (Word& each : words) {
        argv->push_back(std::move(each.text));
      }
      return absl::OkStatus();
    }
    TracedText expanded;
    for (size_t at = 0; at < word.size();) {
      const std::string_view rest = std::string_view(word.text()).substr(at);
      if (rest.starts_with("${")) {
        SEKISHO_ASSIGN_OR_RETURN(
            at, AppendVariable(
                    word, at, [this](std::string_view name) { return ValueOf(name); }, &expanded));
      } else {
        // "$$" is one "$"; a "$NAME" inside a word is no variable to systemd.
        expanded.Append(word[at], word.origin(at));
        at += rest.starts_with("$$") ? 2 : 1;
      }
    }
    argv->push_back(std::move(expanded));
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<TracedText> ValueOf(std::string_view name) const {
    if (!IsVariableName(name)) {
      return Refuse(StrCat("\"", name, "\" is not the name of a variable"));
    }
    const auto found = environment_.find(name);
    if (found != environment_.end()) {
      return found->second;
    }
    if (outside_.contains(name)) {
      return Refuse(StrCat("the value of $", name, " is not in the unit's files"));
    }
    return TracedText();
  }

  const Environment& environment_;
  const std::set<std::string, std::less<>>& outside_;
};

}  // namespace

absl::StatusOr<std::vector<Word>> SplitWords(const TracedText& text, Escapes escapes) {
  std::vector<Word> words;
  for (size_t at = SkipBlanks(text, 0); at < text.size(); at = SkipBlanks(text, at)) {
    SEKISHO_ASSIGN_OR_RETURN(Word word, ReadWord(text, at, escapes));
    at = word.end;
    words.push_back(std::move(word));
  }
  return words;
}

absl::StatusOr<TracedText> ResolveSpecifiers(const TracedText& text) {
  TracedText resolved;
  for (size_t at = 0; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (text[at] == '%' && absl::ascii_isalpha(static_cast<unsigned char>(next))) {
      return Refuse(StrCat("the specifier %", next, " is not understood here; write it out"));
    }
    if (text[at] == '%' && next == '%') {
      resolved.Append('%', Across(text, at, at + 1));
      ++at;
    } else {
      resolved.Append(text[at], text.origin(at));
    }
  }
  return resolved;
}

absl::StatusOr<ExecCommand> ParseExecCommand(const TracedText& value) {
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(value, Escapes::kUnit));
  if (words.empty()) {
    return Refuse("no command");
  }
  ExecCommand command;
  bool names_argv0 = false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (value.Slice(words[i].begin, words[i].end).text() == ";") {
      return Refuse("more than one command");
    }
    SEKISHO_ASSIGN_OR_RETURN(TracedText word, ResolveSpecifiers(words[i].text));
    if (i == 0) {
      SEKISHO_RETURN_IF_ERROR(TakePrefixes(word, &command, &names_argv0));
    }
    if (i > 0 || !names_argv0) {
      command.argv.push_back(i == 0 ? TracedText::Untraced(command.path) : std::move(word));
    }
  }
  if (command.argv.empty()) {
    return Refuse("the prefix @ without a name");
  }
  command.program_end = words[names_argv0 ? 1 : 0].end;
  return command;
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
         });
}

absl::StatusOr<std::vector<TracedText>> ExpandVariables(
    const ExecCommand& command, const Environment& environment,
    const std::set<std::string, std::less<>>& outside) {
  if (!command.expands) {
    return command.argv;
  }
  const Expander expander(environment, outside);
  std::vector<TracedText> argv;
  for (const TracedText& word : command.argv) {
    SEKISHO_RETURN_IF_ERROR(expander.Expand(word, &argv));
  }
  return argv;
}

}  // namespace sekisho::install
