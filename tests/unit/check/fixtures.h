// The fixture pods of Pod Security Admission, with what it says of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/spec.h"

namespace sekisho::testing {

struct Fixture {
  std::string path;  // of the manifest
  std::string name;  // "hostports0"
  policy::LevelVersion at;
  bool must_pass = false;  // it lies in the folder of those that pass
  // Of the library itself, without an API server's defaulting.
  bool allowed = false;
  std::string message;  // "" when allowed
};

// Whether a violation shows in the requests that a kubelet makes of a fixture.
struct Decidability {
  std::string level;  // "baseline"
  std::string name;   // of the fixture
  std::string check;
  bool mounted = false;  // with mounts of its volumes, which no fixture has
  bool seccomp_default = false;
  bool decidable = false;
};

struct Fixtures {
  std::vector<Fixture> fixtures;
  std::vector<Decidability> rows;
};

// From the folder that SEKISHO_PSS_FIXTURES names, or the one beside the source tree. Nothing when
// there is none.
std::optional<Fixtures> ReadFixtures();

}  // namespace sekisho::testing
