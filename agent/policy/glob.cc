#include "policy/glob.h"

#include <cstddef>

namespace sekisho::policy {
namespace {

// Greedy with one step back: on a mismatch the last `*` takes one character more.
bool MatchesSlowly(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

// The same for patterns without `?`: each piece between stars at its first place.
bool MatchesPieces(std::string_view pattern, std::string_view text) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == text;
  }
  if (!text.starts_with(pattern.substr(0, star))) {
    return false;
  }
  text.remove_prefix(star);
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    if (star == std::string_view::npos) {
      return text.ends_with(pattern);
    }
    const std::string_view piece = pattern.substr(0, star);
    const size_t found = text.find(piece);
    if (found == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(found + piece.size());
  }
}

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view text) {
  return pattern.find('?') == std::string_view::npos ? MatchesPieces(pattern, text)
                                                     : MatchesSlowly(pattern, text);
}

}  // namespace sekisho::policy
