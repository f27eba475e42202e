// The golden file as text: how it is written, and how two of them differ.
#pragma once

#include <string>

#include "golden/verdict.h"

namespace sekisho::testing {

// "caps/c restricted: deny" with the verdict's lines indented below it.
std::string BlockText(const std::string& subject, const std::string& column,
                      const Verdict& verdict);

// What is in one text and not in the other, block by block, as a diff: "- " is what the file
// expects, "+ " what came. Blocks are told apart by their subject and column; remarks and order are
// differences as well. Empty exactly when the texts are equal.
std::string DiffText(const std::string& expected, const std::string& actual);

}  // namespace sekisho::testing
