#include "differential/request_generator.h"

#include <array>

#include "differential/request_steps.h"
#include "support/request_builders.h"

namespace sekisho::differential {
namespace {

// On both sides of every change of the standards, and beyond the newest version.
constexpr auto kInterestingMinors =
    std::to_array<int>({0,  7,  8,  18, 19, 21, 22, 23, 24, 25, 26, 27,  28,
                        29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 99, 1000});
constexpr int kNewestMinor = 37;

std::vector<Change> AllChanges() {
  std::vector<Change> changes;
  for (const auto& list : {PodChanges(), ContainerChanges(), MountChanges()}) {
    changes.insert(changes.end(), list.begin(), list.end());
  }
  return changes;
}

const std::vector<Change>& Changes() {
  static const auto& changes = *new std::vector<Change>(AllChanges());
  return changes;
}

// A pod that restricted allows in every version.
Request MakeAllowed() {
  const testing::PodOptions pod;
  runtime::v1::CreateContainerRequest request = testing::CreateContainer("id", pod, {});
  testing::MakeRestricted(*request.mutable_config());
  return {.pod = std::move(*request.mutable_sandbox_config()),
          .container = std::move(*request.mutable_config())};
}

}  // namespace

uint64_t Random::Next() {
  uint64_t mixed = (state_ += 0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

Standard Case::AsStandard() const {
  return {
      .baseline = !privileged, .restricted = restricted, .minor = latest ? kNewestMinor : minor};
}

// Few changes find what one rule makes of one field, many what fields do to each other.
Case MakeCase(uint64_t seed) {
  Random random(seed);
  Case made;
  made.seed = seed;
  made.privileged = random.Chance(2);
  made.restricted = !made.privileged && random.Chance(55);
  made.minor = random.OneOf(kInterestingMinors);
  made.latest = random.Chance(10);
  made.seccomp_default = random.Chance(50);
  const uint32_t count = random.Chance(70) ? random.Below(5) : random.Below(25);
  for (uint32_t i = 0; i < count; ++i) {
    made.steps.push_back(
        {.kind = random.Below(static_cast<uint32_t>(Changes().size())), .seed = random.Next()});
  }
  return made;
}

Request MakeRequest(const std::vector<Step>& steps) {
  static const auto& allowed = *new Request(MakeAllowed());
  Request request = allowed;
  for (const Step& step : steps) {
    Random random(step.seed);
    Changes()[step.kind].apply(random, request);
  }
  return request;
}

std::string_view StepName(const Step& step) {
  return Changes()[step.kind].name;
}

Node NodeOf(const Case& asked) {
  return {.seccomp_default = asked.seccomp_default,
          .volumes = {{"sub-data", "kubernetes.io~empty-dir"},
                      {"sub-secret", "kubernetes.io~secret"},
                      {"sub-nfs", "kubernetes.io~nfs"},
                      {"sub-host", ""}}};
}

}  // namespace sekisho::differential
