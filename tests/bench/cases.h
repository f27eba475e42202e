// What is measured: which calls, and how many of them at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/answers.h"
#include "bench/load.h"
#include "bench/requests.h"

namespace sekisho::bench {

// Names of cases, as --case and the JSON have them.
inline constexpr char kSmall1[] = "small-1";
inline constexpr char kSmall16[] = "small-16";
inline constexpr char kCreate1[] = "create-1";
inline constexpr char kCreate16[] = "create-16";
inline constexpr char kLists[] = "lists";
inline constexpr char kStreams[] = "streams";

struct Case {
  std::string name;
  std::string title;
  Call call;
  size_t lanes = 1;
  std::string unit = "calls";
  double units_per_call = 1;
  // What the enforcing Sekisho is called with: the same bytes, to be judged. Without, that way has
  // nothing to add to the other one and is left out.
  std::optional<Call> judged = {};
};

// `sandbox_id` is the one that the stub answers with.
std::vector<Case> AllCases(const BenchPod& pod, const std::string& sandbox_id,
                           const Answers& answers);

}  // namespace sekisho::bench
