#include "base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"

namespace sekisho::base {
namespace {

// Longer words are no misspelt name of ours, and the distance costs the product of the lengths.
constexpr size_t kLongestName = 128;

bool SameLetter(char a, char b) {
  return absl::ascii_tolower(a) == absl::ascii_tolower(b);
}

}  // namespace

// The restricted Damerau-Levenshtein distance ("optimal string alignment"), keeping three rows of
// its table.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (SameLetter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && SameLetter(a[i - 1], b[j - 2]) && SameLetter(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> NearestName(std::string_view given,
                                            std::span<const std::string_view> names) {
  if (given.empty() || given.size() > kLongestName) {
    return std::nullopt;
  }
  std::optional<std::string_view> nearest;
  size_t allowed = std::max<size_t>(1, given.size() / 3);
  for (const std::string_view name : names) {
    const size_t distance = EditDistance(given, name);
    // A name whose every letter would be replaced is not "close", however short it is.
    if (distance <= allowed && distance < name.size()) {
      nearest = name;
      if (distance == 0) {
        return nearest;
      }
      allowed = distance - 1;
    }
  }
  return nearest;
}

}  // namespace sekisho::base
