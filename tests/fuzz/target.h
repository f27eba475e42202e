// What is fuzzed: a function that says what should hold of an input and does not.
//
// Each NAME_body.cc registers one. A libFuzzer program links one of them, the test of the corpus
// all.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho::testing {

struct FuzzResult {
  bool accepted = false;    // by what is fuzzed: a file that is read, a request that is forwarded
  std::string broken = {};  // what should hold and does not; empty when all is well
};

struct FuzzTarget {
  std::string corpus;  // the folder of tests/fuzz/corpus
  FuzzResult (*check)(std::string_view bytes);
};

inline std::vector<FuzzTarget>& FuzzTargets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

struct RegisterFuzzTarget {
  RegisterFuzzTarget(std::string corpus, FuzzResult (*check)(std::string_view bytes)) {
    FuzzTargets().push_back({std::move(corpus), check});
  }
};

}  // namespace sekisho::testing
