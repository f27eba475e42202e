// Requests at random, the same for the same seed on every machine: those of a kubelet for a pod
// that restricted allows, with some things changed. Each change is one step that can be left out
// again, so that what two evaluators disagree about can be found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "differential/second_evaluator.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::differential {

// splitmix64: a case has its own, so it has to be cheap to start.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint32_t Below(uint32_t limit) { return static_cast<uint32_t>((Next() >> 32) % limit); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <typename List>
  const auto& OneOf(const List& list) {
    return list[Below(static_cast<uint32_t>(std::size(list)))];
  }
  uint64_t Next();

 private:
  uint64_t state_;
};

struct Request {
  runtime::v1::PodSandboxConfig pod;
  runtime::v1::ContainerConfig container;
};

// One change: of what, and the seed of how.
struct Step {
  size_t kind = 0;
  uint64_t seed = 0;
};

// The question of one seed.
struct Case {
  uint64_t seed = 0;
  // The level and version as they are asked for. No version: latest.
  bool privileged = false;
  bool restricted = false;
  int minor = 0;
  bool latest = false;
  bool seccomp_default = false;
  std::vector<Step> steps;

  // What of the standards holds.
  Standard AsStandard() const;
};

Case MakeCase(uint64_t seed);
Request MakeRequest(const std::vector<Step>& steps);
// "capabilities added"
std::string_view StepName(const Step& step);

// Of the node that all requests are for: volumes with subPaths.
Node NodeOf(const Case& asked);

}  // namespace sekisho::differential
