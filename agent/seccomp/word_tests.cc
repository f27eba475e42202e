#include "seccomp/word_tests.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

// How many comparisons of one bit of one test a search may make before it gives up. Whether some
// word differs from all of many masked values is as hard as any puzzle of 32 switches can be; what
// libseccomp makes of profiles takes a few hundred.
constexpr int kSearchStepsMax = 1'000'000;

// Decides the bits of a word from the highest on. At every bit a test is still open, or holds
// whatever the lower bits are, or has failed.
class Search {
 public:
  // Nothing: there is none, or exhausted().
  std::optional<uint32_t> Find(std::span<const WordTest> tests) {
    std::vector<const WordTest*> open;
    open.reserve(tests.size());
    for (const WordTest& test : tests) {
      open.push_back(&test);
    }
    return From(31, 0, open);
  }
  bool exhausted() const { return steps_ > kSearchStepsMax; }

 private:
  enum class State { kOpen, kHolds, kFailed };

  // What becomes of an open test when bit `bit` of the word is `value`.
  static State After(const WordTest& test, int bit, uint32_t value) {
    const uint32_t masked = test.mask >> bit & value;
    const uint32_t wanted = test.value >> bit & 1U;
    if (masked == wanted) {
      return State::kOpen;
    }
    switch (test.op) {
      case WordTest::Op::kEq:
        return State::kFailed;
      case WordTest::Op::kNe:
        return State::kHolds;
      case WordTest::Op::kGt:
        return masked > wanted ? State::kHolds : State::kFailed;
      case WordTest::Op::kLe:
        return masked < wanted ? State::kHolds : State::kFailed;
    }
    return State::kFailed;
  }

  // The tests that stay open; nothing when one fails.
  std::optional<std::vector<const WordTest*>> Left(const std::vector<const WordTest*>& open,
                                                   int bit, uint32_t value) {
    std::vector<const WordTest*> left;
    left.reserve(open.size());
    for (const WordTest* test : open) {
      ++steps_;
      const State state = After(*test, bit, value);
      if (state == State::kFailed) {
        return std::nullopt;
      }
      if (state == State::kOpen) {
        left.push_back(test);
      }
    }
    return left;
  }

  std::optional<uint32_t> From(int bit, uint32_t word, const std::vector<const WordTest*>& open) {
    if (open.empty()) {
      return word;
    }
    if (bit < 0) {  // the masked word is the value itself
      const bool holds = std::all_of(open.begin(), open.end(), [](const WordTest* test) {
        return test->op == WordTest::Op::kEq || test->op == WordTest::Op::kLe;
      });
      return holds ? std::optional<uint32_t>(word) : std::nullopt;
    }
    const auto zero = Left(open, bit, 0);
    const bool matters = std::any_of(open.begin(), open.end(), [bit](const WordTest* test) {
      return (test->mask >> bit & 1U) != 0;
    });
    const auto one = matters ? Left(open, bit, 1) : std::nullopt;
    // The way that settles more tests comes first: of many values to be avoided, it leaves the
    // most behind.
    const bool one_first = one.has_value() && (!zero.has_value() || one->size() < zero->size());
    for (const bool take_one : {one_first, !one_first}) {
      const auto& left = take_one ? one : zero;
      if (!left.has_value() || exhausted()) {
        continue;
      }
      if (auto found = From(bit - 1, word | uint32_t{take_one} << bit, *left)) {
        return found;
      }
    }
    return std::nullopt;
  }

  int steps_ = 0;
};

bool AllHold(std::span<const WordTest> tests, uint32_t word) {
  return std::all_of(tests.begin(), tests.end(),
                     [word](const WordTest& test) { return Holds(test, word); });
}

// Words next to `hint` for which `test` holds, if it can. One of them nearly always does for the
// other tests too.
std::array<uint32_t, 6> Nearby(const WordTest& test, uint32_t hint) {
  const uint32_t rest = hint & ~test.mask;
  const uint32_t lowest = test.mask & (~test.mask + 1);
  return {rest | (test.value & test.mask),  //
          rest | ((test.value + 1) & test.mask), hint | test.mask, rest, hint ^ lowest,
          hint ^ std::bit_floor(test.mask)};
}

}  // namespace

bool Holds(const WordTest& test, uint32_t word) {
  const uint32_t masked = word & test.mask;
  switch (test.op) {
    case WordTest::Op::kEq:
      return masked == test.value;
    case WordTest::Op::kNe:
      return masked != test.value;
    case WordTest::Op::kGt:
      return masked > test.value;
    case WordTest::Op::kLe:
      return masked <= test.value;
  }
  return false;
}

bool Holds(const WordTests& tests, const Arguments& arguments) {
  return std::all_of(tests.begin(), tests.end(), [&](const WordTest& test) {
    const uint64_t argument = arguments.at(static_cast<size_t>(test.word / 2));
    return Holds(test, static_cast<uint32_t>(test.word % 2 == 0 ? argument : argument >> 32));
  });
}

WordTest Negated(const WordTest& test) {
  WordTest negated = test;
  switch (test.op) {
    case WordTest::Op::kEq:
      negated.op = WordTest::Op::kNe;
      break;
    case WordTest::Op::kNe:
      negated.op = WordTest::Op::kEq;
      break;
    case WordTest::Op::kGt:
      negated.op = WordTest::Op::kLe;
      break;
    case WordTest::Op::kLe:
      negated.op = WordTest::Op::kGt;
      break;
  }
  return negated;
}

absl::StatusOr<std::optional<uint32_t>> FindWord(std::span<const WordTest> tests, uint32_t hint) {
  if (AllHold(tests, hint)) {
    return hint;
  }
  for (const uint32_t word : Nearby(tests.back(), hint)) {
    if (AllHold(tests, word)) {
      return word;
    }
  }
  Search search;
  const std::optional<uint32_t> found = search.Find(tests);
  if (!found.has_value() && search.exhausted()) {
    return absl::ResourceExhaustedError(base::StrCat(
        "whether ", tests.size(), " tests of one argument can hold together was not found out in ",
        kSearchStepsMax, " steps"));
  }
  return found;
}

absl::StatusOr<std::optional<Arguments>> Satisfy(const WordTests& tests) {
  std::array<std::vector<WordTest>, kArgumentWords> of_word;
  for (const WordTest& test : tests) {
    of_word.at(static_cast<size_t>(test.word)).push_back(test);
  }
  Arguments arguments{};
  for (size_t word = 0; word < of_word.size(); ++word) {
    const absl::StatusOr<std::optional<uint32_t>> found = FindWord(of_word.at(word), 0);
    if (!found.ok()) {
      return found.status();
    }
    if (!found->has_value()) {
      return std::nullopt;
    }
    arguments.at(word / 2) |= uint64_t{**found} << (word % 2 == 0 ? 0 : 32);
  }
  return arguments;
}

}  // namespace sekisho::seccomp
