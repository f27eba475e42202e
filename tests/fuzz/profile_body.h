// What must hold for every file that somebody calls a seccomp profile.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::testing {

// What an input turned out to be.
struct BodyResult {
  bool parsed = false;
  bool docker_format = false;
  std::string broken = {};  // what should hold and does not; empty when all is well
};

// Parses `bytes`, and
//   with errors: each has a message without control characters and a place inside of the file;
//   OCI: what is rendered parses again, says the same, and is rendered to the same bytes;
//   Docker: for several containers, and as containerd reads it, an OCI profile for which that
//   holds.
// Crashes, leaks and undefined behaviour are for the sanitizers.
BodyResult CheckProfileText(std::string_view bytes);

}  // namespace sekisho::testing
