// What became of a check that a request failed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "audit/reader.h"

namespace sekisho::report {

enum class Outcome {
  kRefused,   // the request was refused for it
  kHardened,  // put right at the node; or it would have been, and something else was refused
  kNoted,     // only the audit or the warn level is against it
};

struct Counts {
  uint64_t refused = 0;
  uint64_t hardened = 0;
  uint64_t noted = 0;

  void Add(Outcome outcome, uint64_t times = 1);
  void Add(const Counts& other);
  uint64_t total() const { return refused + hardened + noted; }
  // The worst there is; kNoted when there is nothing.
  Outcome worst() const;

  friend bool operator==(const Counts&, const Counts&) = default;
};

// Refused before put right before noted, then by how often.
bool IsWorse(const Counts& a, const Counts& b);

// "refused", "hardened", "audit or warn only"; a word of its own for each, since colour alone says
// nothing to many.
std::string_view OutcomeWord(Outcome outcome);
// "R", "H", "A", and 'r', 'h', 'a' for the names of CSS classes.
std::string_view OutcomeLetter(Outcome outcome);
char OutcomeClass(Outcome outcome);

struct Found {
  const audit::LineViolation* violation;  // of the line
  Outcome outcome;
};

// Every check that the line's request failed, once.
std::vector<Found> FindingsOf(const audit::Line& line);

}  // namespace sekisho::report
