// "Did you mean …?" for misspelt names.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sekisho::base {

// How many single-letter edits (insert, delete, replace, swap two neighbours) lead from one to the
// other. Upper and lower case count as the same letter.
size_t EditDistance(std::string_view a, std::string_view b);

// The name closest to `given`, or nothing when none is close enough to be what was meant: at most
// one edit for every three letters, and at least one. The earlier of two equally close names.
std::optional<std::string_view> NearestName(std::string_view given,
                                            std::span<const std::string_view> names);

}  // namespace sekisho::base
