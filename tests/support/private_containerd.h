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
  // What the runtime handler has beside its type, from the next Start() on: more of its TOML table,
  // and a table of its own options (`BinaryName = "…"`).
  void ConfigureRuntime(const std::string& settings, const std::string& options = "") const;
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
