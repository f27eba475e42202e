// What a path through a filter asks of the arguments.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::seccomp {

// Filters look at 32 bits at a time, so an argument is two words: word 2*i is the low half of
// argument i, word 2*i+1 the high one.
inline constexpr int kArgumentWords = 12;

// One comparison on a path: (word & mask) OP value.
struct WordTest {
  enum class Op { kEq, kNe, kGt, kLe };  // unsigned
  int word = 0;
  uint32_t mask = ~uint32_t{0};
  Op op = Op::kEq;
  uint32_t value = 0;

  friend auto operator<=>(const WordTest&, const WordTest&) = default;
};
using WordTests = std::vector<WordTest>;  // all hold

// The six arguments of a call.
using Arguments = std::array<uint64_t, 6>;

bool Holds(const WordTest& test, uint32_t word);
bool Holds(const WordTests& tests, const Arguments& arguments);
// The test that holds for exactly the words that `test` does not hold for.
WordTest Negated(const WordTest& test);

// A word for which all of `tests` hold, whatever word they say they are about; nothing when there
// is none. Looks at `hint` and its surroundings first. RESOURCE_EXHAUSTED as with Satisfy.
absl::StatusOr<std::optional<uint32_t>> FindWord(std::span<const WordTest> tests, uint32_t hint);

// Six arguments for which all of `tests` hold; nothing when there are none. RESOURCE_EXHAUSTED when
// that could not be found out within a bounded number of steps (no filter that libseccomp makes of
// a real profile comes near).
absl::StatusOr<std::optional<Arguments>> Satisfy(const WordTests& tests);

// "arg0 == 16", "arg0 & 0x7e020000 == 0", "arg1 > 3": the tests as a person reads them, joined by
// "and", with the two words of an argument put together where together they say something of the
// whole argument; else as low32(arg1) and high32(arg1). "always" when there are none.
std::string ToText(const WordTests& tests);

}  // namespace sekisho::seccomp
