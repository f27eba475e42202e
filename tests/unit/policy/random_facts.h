// Requests, and policies for them, at random: mostly legal, with some of what should not be there.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <random>

#include "unit/policy/check_case.h"

namespace sekisho::policy {

// The same for the same seed, on every machine: nothing of the standard library's distributions,
// which differ between implementations, is used.
class RandomFacts {
 public:
  explicit RandomFacts(uint32_t seed) : random_(seed) {}

  // Between none and many faults, at random levels of random versions, under a random policy. The
  // sandbox has faults too: its container is judged all the same.
  Request Any();
  // The same, but that nothing is hardened, and no level set but for a version: for comparing
  // levels.
  Request AnyUnhardened();

 private:
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <typename Range>
  const auto& OneOf(const Range& range) {
    return *std::next(std::begin(range), Below(static_cast<uint32_t>(std::size(range))));
  }

  Names CapabilityList();
  Names PathList(Names some);
  SecurityProfile Profile();
  std::string Deprecated();
  UserNamespace Userns();
  NamespaceMode Mode();
  SeccompTarget Target();
  Version AnyVersion();
  void Break(SandboxFacts& sandbox);
  void BreakSettings(ContainerFacts& container);
  void BreakProfiles(ContainerFacts& container);
  void BreakIdentity(Request& request);
  seccomp::ProfileFacts ProfileFile(const std::string& path);
  void LookAtProfileFiles(Request& request);
  void Harden(Spec& spec);
  // random_back_doors.cc
  MountFacts Mount();
  std::map<std::string, std::string> Annotations();
  void BreakMounts(ContainerFacts& container);
  void BreakBackDoors(ContainerFacts& container);
  void BreakBackDoors(SandboxFacts& sandbox);
  void Vouch(Spec& spec);

  std::mt19937 random_;
};

}  // namespace sekisho::policy
