// What is in the seccomp profiles that a policy names: those that the node attaches, and floors.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/contradictions.h"
#include "config/trusted_file.h"
#include "policy/spec.h"
#include "seccomp/floors.h"
#include "seccomp/judgement.h"
#include "seccomp/runtime_default.h"

namespace sekisho::config {

// A contradiction between a spec and what is in a file that it names.
struct ProfileContradiction {
  std::string path;
  Contradiction what;

  friend bool operator==(const ProfileContradiction&, const ProfileContradiction&) = default;
};

// Reads each file once and judges it once for each set of demands, as long as it lives: one load.
// The daemon judges what it finds at every create; here an operator hears of it beforehand.
class NodeProfiles {
 public:
  explicit NodeProfiles(std::string seccomp_root) : seccomp_root_(std::move(seccomp_root)) {}

  // Why the file is no profile, in whole sentences: each error of its text, with its place. Empty:
  // it is one. What is wrong with the file as such (missing, not trusted) is one of them.
  const std::vector<FileFault>& FaultsOf(const std::string& path);

  // What would be refused of the profiles that `spec` attaches, whatever the container and whatever
  // the runtime: the floor is the weakest that there is, that for a container with all capabilities
  // (and of RuntimeDefault that of the containerd that the profile comes nearest to), and of
  // Docker's format only what holds for a container without any is held against it. So not
  // everything is found that is refused later. Nothing is said of files with faults.
  std::vector<ProfileContradiction> ContradictionsIn(const policy::Spec& spec);

 private:
  struct File {
    std::vector<FileFault> faults;
    std::optional<seccomp::Profile> profile;  // nothing when there are faults
    seccomp::Content content;
  };
  struct Held {
    std::string path;
    seccomp::Demands demands;
    std::vector<Contradiction> found;
  };

  File Read(const std::string& path) const;
  const File& FileAt(const std::string& path);
  const seccomp::Prepared& PreparedOf(const std::string& path, const File& file,
                                      seccomp::DockerFormat docker_format);
  // An error: the floor's file, compiled, is of no use. Null: no floor, or a file with faults.
  absl::StatusOr<std::shared_ptr<const seccomp::Verdicts>> FloorOf(
      const seccomp::Floor& floor, seccomp::ContainerdVersion containerd);
  seccomp::Findings BeyondFloor(const seccomp::Prepared& prepared, const seccomp::Floor& floor);
  std::vector<Contradiction> Judge(const std::string& path, const seccomp::Demands& demands);
  const std::vector<Contradiction>& HeldAgainst(const std::string& path,
                                                const seccomp::Demands& demands);

  const std::string seccomp_root_;
  std::map<seccomp::ContainerdVersion, seccomp::Floors> floors_;
  std::map<std::string, File> files_;
  std::map<std::string, seccomp::Prepared> prepared_;  // by path and reading
  std::vector<Held> held_;
};

}  // namespace sekisho::config
