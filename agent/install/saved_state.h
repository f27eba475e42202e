// What an installation keeps on disk about itself, so that it can be undone: by uninstall, by the
// same process when a step fails, and by another one when this one is killed.
//
// <directory>/state.json names every file with its content before and after as SHA-256, and
// <directory>/blobs/<sha256> holds the contents before. state.json is replaced as a whole, so that
// one rename begins a run and one rename ends it: whoever finds `run` in it knows that a run was
// not finished, and what to put back. Both are on disk (fsync) before any file of the node is
// touched.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "install/file_change.h"

namespace sekisho::install {

// A file that was changed.
struct SavedFile {
  enum class Of { kKubelet, kAgent };  // whose service has to be restarted

  std::string path;
  Of of = Of::kAgent;
  std::optional<std::string> before;  // SHA-256 of a blob; nothing: there was no file
  std::optional<std::string> after;   // SHA-256, without a blob; nothing: it was removed
  // What the file had before, or has when it is new.
  mode_t mode = 0644;
  uid_t user = 0;
  gid_t group = 0;

  friend bool operator==(const SavedFile&, const SavedFile&) = default;
};

// A run under way.
struct SavedRun {
  std::vector<SavedFile> files;      // in the order in which they are written
  std::vector<std::string> folders;  // that were made for them, outermost first
  bool agent_was_running = false;
  bool agent_was_enabled = false;

  friend bool operator==(const SavedRun&, const SavedRun&) = default;
};

struct SavedState {
  std::string kubelet_unit;      // "" when nothing is installed
  std::string runtime_endpoint;  // what the kubelet used before us, as it was written
  std::string agent_endpoint;    // what it uses instead
  // Since the first installation: `before` is what uninstall puts back.
  std::vector<SavedFile> installed;
  std::vector<std::string> folders;
  std::optional<SavedRun> run;

  friend bool operator==(const SavedState&, const SavedState&) = default;
};

// `run` taken over into what is installed, and gone.
SavedState Committed(SavedState state);

class StateStore {
 public:
  explicit StateStore(std::string directory) : directory_(std::move(directory)) {}

  // An empty state when there is none. A file that cannot be read or understood is an error: it
  // stands between the node and its original files.
  absl::StatusOr<SavedState> Load() const;
  // Keeps every blob that `state` names and no other.
  absl::Status Save(const SavedState& state) const;
  // Keeps `bytes` and returns their SHA-256.
  absl::StatusOr<std::string> Put(std::string_view bytes) const;
  absl::StatusOr<std::string> Get(const std::string& sha256) const;
  // Takes everything away.
  absl::Status Clear() const;

  const std::string& directory() const { return directory_; }

 private:
  std::string BlobFile(const std::string& sha256) const;
  void CollectBlobs(const SavedState& state) const;

  const std::string directory_;
};

}  // namespace sekisho::install
