// The demo's output: at most 100 columns, one block a pod.
#pragma once

#include <string>

namespace sekisho::demo {

inline constexpr size_t kColumns = 100;

// "  label     text", with `text` wrapped at spaces and aligned under its beginning.
void PrintField(const std::string& label, const std::string& text);

}  // namespace sekisho::demo
