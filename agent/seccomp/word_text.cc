#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string_view>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/word_tests.h"

namespace sekisho::seccomp {
namespace {

constexpr uint32_t kWordMax = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kArgumentMax = std::numeric_limits<uint64_t>::max();

std::string Hex(uint64_t value) {
  std::array<char, 24> text{};
  (void)std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

// Small numbers are counts and codes, large ones are bits.
std::string Number(uint64_t value) {
  return value < 65536 ? std::to_string(value) : Hex(value);
}

std::string_view Sign(WordTest::Op op) {
  switch (op) {
    case WordTest::Op::kEq:
      return "==";
    case WordTest::Op::kNe:
      return "!=";
    case WordTest::Op::kGt:
      return ">";
    case WordTest::Op::kLe:
      return "<=";
  }
  return "?";
}

std::string Compared(std::string_view what, WordTest::Op op, uint64_t value) {
  return base::StrCat(what, " ", Sign(op), " ", Number(value));
}

std::string Masked(std::string_view what, uint64_t mask, WordTest::Op op, uint64_t value) {
  const std::string number = value < 10 ? std::to_string(value) : Hex(value);
  return base::StrCat(what, " & ", Hex(mask), " ", Sign(op), " ", number);
}

// The tests of one word, taken together as far as they can be.
struct Word {
  uint32_t first = 0;  // the unmasked comparisons: first <= word <= last
  uint32_t last = kWordMax;
  std::vector<uint32_t> not_values;  // unmasked, within the range
  std::vector<WordTest> masked;

  bool ranged() const { return first != 0 || last != kWordMax; }
  bool fixed() const { return first == last; }
  bool empty() const { return !ranged() && not_values.empty() && masked.empty(); }
};

void Narrow(Word& word, const WordTest& test) {
  if (test.mask != kWordMax) {
    word.masked.push_back(test);
    return;
  }
  switch (test.op) {
    case WordTest::Op::kEq:
      word.first = std::max(word.first, test.value);
      word.last = std::min(word.last, test.value);
      break;
    case WordTest::Op::kNe:
      word.not_values.push_back(test.value);
      break;
    case WordTest::Op::kGt:
      word.first = std::max(word.first, test.value == kWordMax ? kWordMax : test.value + 1);
      break;
    case WordTest::Op::kLe:
      word.last = std::min(word.last, test.value);
      break;
  }
}

// Moves the ends of the range inwards over values that are excluded, and forgets those outside.
void Tidy(Word& word) {
  std::sort(word.not_values.begin(), word.not_values.end());
  for (const uint32_t value : word.not_values) {
    if (value == word.first && word.first < word.last) {
      ++word.first;
    }
  }
  for (auto value = word.not_values.rbegin(); value != word.not_values.rend(); ++value) {
    if (*value == word.last && word.first < word.last) {
      --word.last;
    }
  }
  const auto outside = [&](uint32_t value) { return value < word.first || value > word.last; };
  word.not_values.erase(std::remove_if(word.not_values.begin(), word.not_values.end(), outside),
                        word.not_values.end());
}

// first <= what <= last, of all numbers up to `max`.
void AppendRange(std::vector<std::string>& texts, std::string_view what, uint64_t first,
                 uint64_t last, uint64_t max) {
  if (first == last) {
    texts.push_back(Compared(what, WordTest::Op::kEq, first));
  } else if (first == 0 && last != max) {
    texts.push_back(Compared(what, WordTest::Op::kLe, last));
  } else if (first != 0 && last == max) {
    texts.push_back(Compared(what, WordTest::Op::kGt, first - 1));
  } else if (first != 0) {
    texts.push_back(base::StrCat(Number(first - 1), " < ", what, " <= ", Number(last)));
  }
}

void AppendWord(std::vector<std::string>& texts, const std::string& what, const Word& word) {
  AppendRange(texts, what, word.first, word.last, kWordMax);
  for (const uint32_t value : word.not_values) {
    texts.push_back(Compared(what, WordTest::Op::kNe, value));
  }
  for (const WordTest& test : word.masked) {
    texts.push_back(Masked(what, test.mask, test.op, test.value));
  }
}

// Masked words are masked arguments, with the mask moved: only for equality, which does not depend
// on the other bits.
void AppendMasked(std::vector<std::string>& texts, const std::string& argument,
                  const std::string& word_name, int shift, const Word& word) {
  for (const WordTest& test : word.masked) {
    if (test.op == WordTest::Op::kEq || test.op == WordTest::Op::kNe) {
      texts.push_back(
          Masked(argument, uint64_t{test.mask} << shift, test.op, uint64_t{test.value} << shift));
    } else {
      texts.push_back(Masked(word_name, test.mask, test.op, test.value));
    }
  }
}

// A masked comparison of each word is one of the argument.
void AppendBothMasked(std::vector<std::string>& texts, const std::string& argument, Word& low,
                      Word& high) {
  const auto one_equality = [](const Word& word) {
    return word.masked.size() == 1 && word.masked.front().op == WordTest::Op::kEq;
  };
  if (!one_equality(low) || !one_equality(high)) {
    return;
  }
  const WordTest& l = low.masked.front();
  const WordTest& h = high.masked.front();
  texts.push_back(Masked(argument, uint64_t{h.mask} << 32 | l.mask, WordTest::Op::kEq,
                         uint64_t{h.value} << 32 | l.value));
  low.masked.clear();
  high.masked.clear();
}

void AppendArgument(std::vector<std::string>& texts, int index, Word low, Word high) {
  Tidy(low);
  Tidy(high);
  const std::string argument = base::StrCat("arg", index);
  const std::string low_name = base::StrCat("low32(", argument, ")");
  const std::string high_name = base::StrCat("high32(", argument, ")");
  const uint64_t base = uint64_t{high.first} << 32;
  AppendBothMasked(texts, argument, low, high);
  if (high.fixed()) {
    // All that is said of the low word is said of the argument.
    AppendRange(texts, argument, base | low.first, base | low.last, kArgumentMax);
    for (const uint32_t value : low.not_values) {
      texts.push_back(Compared(argument, WordTest::Op::kNe, base | value));
    }
    AppendMasked(texts, argument, low_name, 0, low);
    return;
  }
  if (high.ranged()) {
    AppendRange(texts, argument, base, uint64_t{high.last} << 32 | kWordMax, kArgumentMax);
  }
  for (const uint32_t value : high.not_values) {
    texts.push_back(Compared(high_name, WordTest::Op::kNe, value));
  }
  AppendMasked(texts, argument, high_name, 32, high);
  AppendMasked(texts, argument, low_name, 0, low);
  low.masked.clear();
  AppendWord(texts, low_name, low);
}

}  // namespace

std::string ToText(const WordTests& tests) {
  std::array<Word, kArgumentWords> words;
  for (const WordTest& test : tests) {
    Narrow(words.at(static_cast<size_t>(test.word)), test);
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < words.size(); i += 2) {
    AppendArgument(texts, static_cast<int>(i / 2), words.at(i), words.at(i + 1));
  }
  return texts.empty() ? "always" : base::StrJoin(texts, " and ");
}

}  // namespace sekisho::seccomp
