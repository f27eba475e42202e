#include "seccomp/word_tests.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sekisho::seccomp {
namespace {

using Op = WordTest::Op;
constexpr uint32_t kAll = ~uint32_t{0};

WordTest On(int word, Op op, uint32_t value, uint32_t mask = kAll) {
  return {.word = word, .mask = mask, .op = op, .value = value};
}

TEST(Holds, EveryOperatorAndItsOpposite) {
  const struct {
    WordTest test;
    uint32_t word;
    bool holds;
  } cases[] = {
      {On(0, Op::kEq, 5), 5, true},          {On(0, Op::kEq, 5), 4, false},
      {On(0, Op::kEq, 4, 0xc), 5, true},     {On(0, Op::kNe, 5), 4, true},
      {On(0, Op::kNe, 4, 0xc), 7, false},    {On(0, Op::kGt, 5), 6, true},
      {On(0, Op::kGt, 5), 5, false},         {On(0, Op::kGt, 5), 0x80000000, true},
      {On(0, Op::kGt, 5, 0xf), 0x15, false}, {On(0, Op::kLe, 5), 5, true},
      {On(0, Op::kLe, 5), 6, false},         {On(0, Op::kLe, 5, 0xf), 0xf5, true},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(ToText({row.test}) + " of " + std::to_string(row.word));
    EXPECT_EQ(Holds(row.test, row.word), row.holds);
    EXPECT_EQ(Holds(Negated(row.test), row.word), !row.holds);
    EXPECT_EQ(Negated(Negated(row.test)), row.test);
  }
}

TEST(Holds, LowHalvesAreEvenWords) {
  const Arguments arguments = {0x200000001, 0, 0, 0, 0, 0x400000003};
  EXPECT_TRUE(Holds({On(0, Op::kEq, 1), On(1, Op::kEq, 2), On(10, Op::kEq, 3), On(11, Op::kEq, 4)},
                    arguments));
  EXPECT_FALSE(Holds({On(0, Op::kEq, 1), On(11, Op::kEq, 3)}, arguments));
  EXPECT_TRUE(Holds(WordTests{}, arguments));
}

TEST(Satisfy, FindsArgumentsOrNone) {
  const struct {
    std::string why;
    WordTests tests;
    bool possible;
  } cases[] = {
      {"nothing asked", {}, true},
      {"both halves", {On(0, Op::kEq, 1), On(1, Op::kEq, 2)}, true},
      {"two values of one word", {On(0, Op::kEq, 1), On(0, Op::kEq, 2)}, false},
      {"one value of two words", {On(0, Op::kEq, 1), On(2, Op::kEq, 2)}, true},
      {"a value and its mask", {On(3, Op::kEq, 6), On(3, Op::kEq, 4, 0xc)}, true},
      {"a value and another mask", {On(3, Op::kEq, 6), On(3, Op::kEq, 8, 0xc)}, false},
      {"a value outside its mask", {On(3, Op::kEq, 1, 0xc)}, false},
      {"not a value outside its mask", {On(3, Op::kNe, 1, 0xc)}, true},
      {"nothing but zero", {On(3, Op::kNe, 0, 0)}, false},
      {"above the largest", {On(3, Op::kGt, kAll)}, false},
      {"above the largest but one", {On(3, Op::kGt, kAll - 1)}, true},
      {"between neighbours", {On(5, Op::kGt, 6), On(5, Op::kLe, 7)}, true},
      {"between nothing", {On(5, Op::kGt, 7), On(5, Op::kLe, 7)}, false},
      {"the one in between excluded",
       {On(5, Op::kGt, 6), On(5, Op::kLe, 7), On(5, Op::kNe, 7)},
       false},
      {"all values of two bits excluded",
       {On(0, Op::kNe, 0, 3), On(0, Op::kNe, 1, 3), On(0, Op::kNe, 2, 3), On(0, Op::kNe, 3, 3)},
       false},
      {"a mask above its mask", {On(0, Op::kGt, 0x0f, 0x0f)}, false},
      {"a masked word above and the word below",
       {On(0, Op::kGt, 0x70, 0xf0), On(0, Op::kLe, 0x7f)},
       false},
      {"a masked word above and the word not far below",
       {On(0, Op::kGt, 0x70, 0xf0), On(0, Op::kLe, 0x80)},
       true},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.why);
    const auto found = Satisfy(row.tests);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->has_value(), row.possible);
    if (found->has_value()) {
      EXPECT_TRUE(Holds(row.tests, **found));
    }
  }
}

// With masks of ten bits (at both ends of the word), all words can be tried.
TEST(Satisfy, AgreesWithTryingAll) {
  constexpr uint32_t kBits = 0xf800001f;
  const auto spread = [](uint32_t ten) { return (ten & 0x1f) | (ten >> 5) << 27; };
  std::mt19937 random(20240607);
  int possible = 0;
  constexpr int kRounds = 5000;
  for (int round = 0; round < kRounds; ++round) {
    WordTests tests;
    for (size_t i = 1 + random() % 12; i > 0; --i) {
      const uint32_t mask = random() % 3 == 0 ? kBits : spread(random() % 1024);
      // Few comparisons leave nothing; many inequalities, little.
      const Op op = random() % 2 == 0 ? Op::kNe : static_cast<Op>(random() % 4);
      // Mostly values that the mask lets through.
      const uint32_t value = spread(random() % 1024) & (random() % 8 == 0 ? kBits : mask);
      tests.push_back(On(4, op, value, mask));
    }
    bool any = false;
    for (uint32_t ten = 0; ten < 1024 && !any; ++ten) {
      any = Holds(tests, {0, 0, spread(ten), 0, 0, 0});
    }
    const auto found = Satisfy(tests);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->has_value(), any) << ToText(tests);
    if (any) {
      EXPECT_TRUE(Holds(tests, **found)) << ToText(tests);
      ++possible;
    }
  }
  // Both answers came often, or nothing was tested.
  EXPECT_GT(possible, kRounds / 10);
  EXPECT_LT(possible, kRounds * 9 / 10);
}

TEST(Satisfy, ManyExcludedValuesAreNoTrouble) {
  WordTests tests;
  for (uint32_t value = 0; value < 4000; ++value) {
    tests.push_back(On(2, Op::kNe, value));
  }
  tests.push_back(On(2, Op::kLe, 4000));
  const auto found = Satisfy(tests);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((**found)[1], 4000U);
}

TEST(Satisfy, GivesUpAfterABoundedSearch) {
  WordTests tests;
  for (uint32_t value = 0; value < 0x10000; ++value) {
    tests.push_back(On(0, Op::kNe, value, 0xffff));
  }
  EXPECT_EQ(Satisfy(tests).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(FindWord, TakesTheHintWhenItDoes) {
  const WordTests tests = {On(0, Op::kGt, 100), On(0, Op::kNe, 7, 0xf)};
  const auto found = FindWord(tests, 0x12345678);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, 0x12345678U);
}

TEST(ToText, AsAPersonReadsIt) {
  const struct {
    WordTests tests;
    std::string text;
  } cases[] = {
      {{}, "always"},
      // Both halves make a whole.
      {{On(1, Op::kEq, 0), On(0, Op::kEq, 16)}, "arg0 == 16"},
      {{On(0, Op::kEq, 16), On(1, Op::kEq, 0)}, "arg0 == 16"},
      {{On(11, Op::kEq, 2), On(10, Op::kEq, 1)}, "arg5 == 0x200000001"},
      {{On(3, Op::kEq, 0), On(2, Op::kLe, 3)}, "arg1 <= 3"},
      {{On(3, Op::kLe, 0), On(2, Op::kLe, 3)}, "arg1 <= 3"},
      {{On(3, Op::kEq, 0), On(2, Op::kGt, 3)}, "3 < arg1 <= 0xffffffff"},
      {{On(3, Op::kEq, kAll), On(2, Op::kGt, 3)}, "arg1 > 0xffffffff00000003"},
      {{On(1, Op::kEq, 0), On(0, Op::kNe, 16)}, "arg0 <= 0xffffffff and arg0 != 16"},
      {{On(1, Op::kEq, 0), On(0, Op::kNe, 0)}, "0 < arg0 <= 0xffffffff"},
      {{On(1, Op::kGt, 4), On(1, Op::kLe, 5), On(0, Op::kEq, 1)}, "arg0 == 0x500000001"},
      // The high half alone says where the whole lies.
      {{On(1, Op::kNe, 0)}, "arg0 > 0xffffffff"},
      {{On(1, Op::kGt, 0)}, "arg0 > 0xffffffff"},
      {{On(1, Op::kLe, 1)}, "arg0 <= 0x1ffffffff"},
      {{On(1, Op::kNe, 3)}, "high32(arg0) != 3"},
      // The low half alone does not.
      {{On(2, Op::kGt, 3)}, "low32(arg1) > 3"},
      {{On(2, Op::kEq, 70000)}, "low32(arg1) == 0x11170"},
      {{On(2, Op::kNe, 3), On(2, Op::kNe, 1)}, "low32(arg1) != 1 and low32(arg1) != 3"},
      {{On(1, Op::kGt, 0), On(0, Op::kEq, 3)}, "arg0 > 0xffffffff and low32(arg0) == 3"},
      // Masks are the same of the half and of the whole, but for comparisons of size.
      {{On(0, Op::kEq, 0, 0x7e020000)}, "arg0 & 0x7e020000 == 0"},
      {{On(0, Op::kNe, 0, 0x7e020000)}, "arg0 & 0x7e020000 != 0"},
      {{On(1, Op::kEq, 1, 3)}, "arg0 & 0x300000000 == 0x100000000"},
      {{On(1, Op::kEq, 1, 3), On(0, Op::kEq, 2, 6)}, "arg0 & 0x300000006 == 0x100000002"},
      {{On(0, Op::kGt, 16, 0xff)}, "low32(arg0) & 0xff > 0x10"},
      {{On(1, Op::kEq, 0), On(0, Op::kNe, 4, 6)}, "arg0 <= 0xffffffff and arg0 & 0x6 != 4"},
      // Arguments in their order.
      {{On(4, Op::kEq, 1, 1), On(1, Op::kEq, 0), On(0, Op::kEq, 2)},
       "arg0 == 2 and arg2 & 0x1 == 1"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(ToText(row.tests), row.text);
  }
}

}  // namespace
}  // namespace sekisho::seccomp
