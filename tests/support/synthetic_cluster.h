// The pods of a made-up cluster, as the policy's facts of their requests.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/namespace_labels.h"

namespace sekisho::testing {

// Numbers that are the same for the same seed everywhere, unlike the standard library's
// distributions.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(uint64_t percent) { return Below(100) < percent; }
  // `count` characters of `alphabet`.
  std::string Text(size_t count, std::string_view alphabet);

 private:
  std::mt19937_64 random_;
};

// What a pod's author did, beyond the least.
enum Trait : uint32_t {
  kRestricted = 1u << 0,  // everything that restricted asks for
  kUnconfined = 1u << 1,  // no seccomp profile
  kNetAdmin = 1u << 2,    // a capability that baseline forbids
  kHostNetwork = 1u << 3,
  kHostPath = 1u << 4,
  kPrivileged = 1u << 5,
  kRoot = 1u << 6,        // runAsUser: 0
  kOwnProfile = 1u << 7,  // a Localhost seccomp profile
  kMissingProfile = 1u << 8,
  kHostPort = 1u << 9,
  kBadSysctl = 1u << 10,
};

enum class Owner { kDeployment, kStatefulSet, kDaemonSet, kCronJob, kStatic };

struct Workload {
  std::string namespace_;
  std::string name;
  Owner owner = Owner::kDeployment;
  std::vector<std::string> containers;
  uint32_t traits = 0;
  uint64_t weight = 1;  // how often a pod of it is made
};

const std::vector<Workload>& SyntheticWorkloads();
// The labels of a namespace; nothing for one that has none.
std::optional<policy::PodSecurityLabels> SyntheticLabels(std::string_view namespace_name);

// A new pod of the workload: its sandbox, and each container.
policy::SandboxFacts SyntheticSandbox(const Workload& workload, Dice& dice);
policy::ContainerFacts SyntheticContainer(const Workload& workload, const std::string& name,
                                          const policy::SandboxFacts& sandbox);

}  // namespace sekisho::testing
