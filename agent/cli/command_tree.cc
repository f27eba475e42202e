#include "cli/command_tree.h"

#include <CLI/CLI.hpp>
#include <array>
#include <string_view>

#include "base/str_cat.h"

namespace sekisho::cli {
namespace {

// What the parser does not know of a value. A number, and one of a fixed set of words, it knows.
struct Known {
  std::string_view command;  // empty: of every command
  std::string_view option;
  Completes completes;
};

const std::vector<Known>& KnownValues() {
  static const auto* const kKnown = new std::vector<Known>{
      {"", "--level", {.words = {"privileged", "baseline", "restricted"}}},
      {"check", "--version", {.words = {"latest"}}},
      {"", "--node", {}},
      {"", "--group", {}},
      {"", "--image-user", {}},
      {"", "--kubelet-unit", {.words = {"kubelet.service"}}},
      {"", "--server", {}},
      {"", "--caps", {.words = {"default", "all", "none"}}},
      {"", "--arch", {.words = {"amd64", "arm64"}}},
      {"", "--kernel", {}},
      {"", "--containerd", {}},
      {"", "--must-deny", {}},
      {"", "--syscall", {}},
      {"", "--namespace", {}},
      {"", "--pod", {}},
      {"", "--container", {}},
      {"", "--for", {}},
      {"", "--since", {}},
      {"kubeconfig", "--from", {.directories = true}},
      {"", "--state", {.directories = true}},
      {"", "--proc", {.directories = true}},
      {"", "--floor", {.words = {"RuntimeDefault", "none"}, .files = true}},
      {"seccomp show", "FILE", {.words = {"RuntimeDefault"}, .files = true}},
      {"seccomp resolve", "FILE", {.words = {"RuntimeDefault"}, .files = true}},
      {"seccomp compare", "A", {.words = {"RuntimeDefault"}, .files = true}},
      {"seccomp compare", "B", {.words = {"RuntimeDefault"}, .files = true}},
  };
  return *kKnown;
}

// "TEXT:{text,json}", as IsMember adds it to the type's name, to its words.
std::vector<std::string> MembersIn(const std::string& type) {
  std::vector<std::string> words;
  const size_t open = type.find('{');
  const size_t close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) {
    return words;
  }
  std::string word;
  for (const char c : type.substr(open + 1, close - open - 1)) {
    if (c == ',') {
      words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  words.push_back(word);
  return words;
}

bool IsNumber(const std::string& type) {
  return type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT");
}

Completes CompletesOf(const std::string& command, const OptionShape& option,
                      const std::string& type) {
  if (std::vector<std::string> members = MembersIn(type); !members.empty()) {
    return {.words = std::move(members)};
  }
  if (!option.takes_value || IsNumber(type)) {
    return {};
  }
  for (const Known& known : KnownValues()) {
    const bool here = known.command.empty() || known.command == command;
    if (here && std::ranges::find(option.names, known.option) != option.names.end()) {
      return known.completes;
    }
  }
  return {.files = true};
}

std::vector<std::string> NamesOf(const CLI::Option& option) {
  if (!option.nonpositional()) {
    return {option.get_name(true)};
  }
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) {
    names.push_back(base::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    names.push_back(base::StrCat("--", name));
  }
  return names;
}

OptionShape ShapeOf(const std::string& command, const CLI::Option& option) {
  OptionShape shape{.names = NamesOf(option), .description = option.get_description()};
  shape.positional = !option.nonpositional();
  shape.takes_value = option.get_items_expected_max() > 0;
  shape.required = option.get_required();
  shape.repeated = option.get_items_expected_max() > 1;
  for (const CLI::Option* other : option.get_excludes()) {
    if (other->nonpositional()) {
      const std::vector<std::string> names = NamesOf(*other);
      shape.excludes.insert(shape.excludes.end(), names.begin(), names.end());
    }
  }
  // A set orders them by address.
  std::ranges::sort(shape.excludes);
  shape.value = CompletesOf(command, shape, option.get_type_name());
  return shape;
}

CommandShape ShapeBelow(const std::string& path, const CLI::App& app) {
  CommandShape shape{.path = path, .name = app.get_name(), .description = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    shape.options.push_back(ShapeOf(path, *option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string& name = command->get_name();
    shape.subcommands.push_back(
        ShapeBelow(path.empty() ? name : base::StrCat(path, " ", name), *command));
  }
  return shape;
}

void AppendTo(std::vector<const CommandShape*>& list, const CommandShape& command) {
  list.push_back(&command);
  for (const CommandShape& below : command.subcommands) {
    AppendTo(list, below);
  }
}

}  // namespace

CommandShape ShapeOf(const CLI::App& app) {
  return ShapeBelow("", app);
}

std::vector<const CommandShape*> Flat(const CommandShape& root) {
  std::vector<const CommandShape*> list;
  AppendTo(list, root);
  return list;
}

}  // namespace sekisho::cli
