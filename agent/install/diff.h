// What a change does to a file, for people.
#pragma once

#include <string>

#include "install/file_change.h"

namespace sekisho::install {

// As diff -u prints it, with three lines of context. For what is no text (a program) or very long,
// one line that says what becomes of it.
std::string UnifiedDiff(const FileChange& change);

}  // namespace sekisho::install
