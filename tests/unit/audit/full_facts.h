// Facts with every field set, at random.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "audit/facts_fields.h"

namespace sekisho::audit {

// Walks the same table as the writer; that nothing is missing from the table is asserted where it
// is.
class FullFacts {
 public:
  explicit FullFacts(uint32_t seed) : random_(seed) {}

  DecidedFacts Make() {
    DecidedFacts facts;
    Fill(facts);
    return facts;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }
  void Fill(bool& value) { value = !value; }  // never the default
  template <std::integral Number>
  void Fill(Number& value) {
    value = static_cast<Number>(random_() | 1U);
  }
  template <typename E>
  requires std::is_enum_v<E>
  void Fill(E& value) {
    const E before = value;
    while (value == before) {
      value = EnumNames<E>::kNames[Below(EnumNames<E>::kNames.size())].value;
    }
  }
  void Fill(std::string& text) {
    static const std::vector<std::string> kParts = {"a",  "/etc/x", "\"", "\\", "関所", "\n",
                                                    "\t", "{},:[]", " ",  "0",  "\x7f", "\x01"};
    for (size_t left = 1 + Below(4); left > 0; --left) {
      text += kParts[Below(kParts.size())];
    }
  }
  template <typename T>
  void Fill(std::optional<T>& value) {
    Fill(value.emplace());
  }
  template <typename T>
  void Fill(std::vector<T>& list) {
    for (size_t left = 1 + Below(3); left > 0; --left) {
      Fill(list.emplace_back());
    }
  }
  void Fill(std::map<std::string, std::string>& texts) {
    for (size_t left = 1 + Below(3); left > 0; --left) {
      std::string key;
      Fill(key);
      Fill(texts[key]);
    }
  }
  template <typename T>
  requires requires { FieldsOf<T>::kAll; }
  void Fill(T& facts) {
    std::apply([&](const auto&... field) { (Fill(facts.*field.member), ...); }, FieldsOf<T>::kAll);
  }

  std::mt19937 random_;
};

}  // namespace sekisho::audit
