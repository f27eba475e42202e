// Profiles made up at random, the same ones for the same generator.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "seccomp/profile.h"

namespace sekisho::testing {

struct RandomProfileOptions {
  size_t rules_max = 12;
  size_t names_max = 5;  // of one rule
  size_t tests_max = 3;  // of one rule's arguments
  // Taken from these; empty: a list of calls that every architecture has and no process is harmed
  // by.
  std::vector<std::string> syscalls = {};
  // Actions of rules and of the default; empty: all of them.
  std::vector<seccomp::Action> actions = {};
  // Whether one rule may test one argument twice.
  bool repeated_arguments = true;
  // Whether values may be any of 64 bits, or small ones that calls are likely to meet.
  bool wide_values = true;
  bool architectures = true;  // others than the native one
  bool flags = true;          // and a listener
  // Conditions, archMap and single names, which make the format Docker's.
  bool conditions = false;
};

seccomp::Profile RandomProfile(std::mt19937& random, const RandomProfileOptions& options = {});

}  // namespace sekisho::testing
