// What is said of a recording.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "record/comparison.h"
#include "record/evidence.h"
#include "record/learn.h"

namespace sekisho::record {

struct Report {
  Evidence evidence = {};
  Lesson lesson = {};
  std::string file = {};                      // "" when nothing was written
  bool merged = false;                        // with what the file had before
  size_t in_file = 0;                         // system calls
  std::vector<std::string> conditional = {};  // of these, those with conditions on their arguments
  std::optional<Comparison> comparison = {};  // of the profile in the file
};

std::string ToText(const Report& report);
std::string ToJson(const Report& report);  // one object, with a newline at the end

}  // namespace sekisho::record
