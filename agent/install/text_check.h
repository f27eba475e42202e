// What every file must be before it is read any further: UTF-8 without control characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sekisho::install {

// systemd would end such a text early, or ignore it, by rules that differ between its versions.
absl::Status CheckText(std::string_view text, const std::string& file);

// The line, from 1, that a byte stands on.
size_t LineOf(std::string_view text, size_t offset);

}  // namespace sekisho::install
