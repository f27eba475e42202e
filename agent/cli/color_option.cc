#include "cli/color_option.h"

#include <CLI/CLI.hpp>

namespace sekisho::cli {

void AddColor(CLI::App& command, std::string& when) {
  command.add_option("--color", when, "auto: in a terminal, unless NO_COLOR is set")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

}  // namespace sekisho::cli
