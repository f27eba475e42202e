// A real containerd with everything of its own: root, state, socket, configuration and network.
#pragma once

#include <memory>
#include <string>

#include "support/child_process.h"

namespace sekisho::testing {

inline constexpr char kImage[] = "localhost/busybox:1";
inline constexpr char kNonRootImage[] = "localhost/busybox-nonroot:1";
// A program in both: tests/e2e/victim.
inline constexpr char kVictim[] = "/bin/sekisho_victim";

// What makes the containers: runc, or what SEKISHO_TEST_RUNTIME names. Which containerd, ctr and
// shim it is that run is for PATH to say (.ci/check-matrix).
std::string OciRuntime();
bool IsCrun();

// What this machine lacks to run real containers; "" when nothing is missing. Only inside
// RunIsolated().
std::string MissingForContainers();

class PrivateContainerd {
 public:
  // Everything goes below `dir`, which is not owned and lies in the isolated /run.
  explicit PrivateContainerd(std::string dir);

  // Starts it and waits until its CRI answers. "" or what went wrong, with the end of its log.
  std::string Start();
  // Imports the test images (support/make_images.sh). "" or what went wrong.
  std::string ImportImages();
  // From the next Start() on: more of the runtime handler's TOML table, and what the shim calls.
  void ConfigureRuntime(const std::string& handler, const std::string& oci_runtime) const;
  // SIGKILL. Containers go on; Start() brings it back.
  void Kill9() { child_.reset(); }

  std::string socket() const { return dir_ + "/containerd.sock"; }
  // What was imported.
  std::string images_file() const { return dir_ + "/images.tar"; }
  std::string log_file() const { return dir_ + "/containerd.log"; }

 private:
  std::string dir_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace sekisho::testing
