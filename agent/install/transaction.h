// Files of the node changed so that all of it can be taken back, by this process or a later one.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "install/file_change.h"
#include "install/saved_state.h"

namespace sekisho::install {

struct NodeChange {
  FileChange change;
  SavedFile::Of of = SavedFile::Of::kAgent;
  bool brought = false;  // by --files, among possibly hundreds: not worth a line each
};

class Transaction {
 public:
  // `state` has a run when an earlier process left one behind; it goes on here. Files are taken
  // below `root` ("" on a node).
  Transaction(StateStore store, SavedState state, std::string root)
      : store_(std::move(store)), state_(std::move(state)), root_(std::move(root)) {}

  const SavedState& state() const { return state_; }

  // Begins a run. From here on, on disk: "a run is under way".
  absl::Status Begin(bool agent_was_running, bool agent_was_enabled);
  // Announces changes: what the files are now is on disk when this returns. Several times in a run.
  absl::Status Announce(const std::vector<NodeChange>& changes);
  // Makes one announced change. An error, and nothing done, when the file is not (any more) what
  // the change was planned from.
  absl::Status Make(const FileChange& change) const;

  // Puts these files of the run back, last one first, and removes the folders that it made as far
  // as they are empty then. Goes on after an error and returns the first. The run stays.
  absl::Status PutBack(SavedFile::Of of) const;
  // The run did not happen: nothing of it is remembered.
  absl::Status Forget();
  // The run is over and counts.
  absl::Status Commit(const std::string& kubelet_unit, const std::string& runtime_endpoint,
                      const std::string& agent_endpoint);

 private:
  const StateStore store_;
  SavedState state_;
  const std::string root_;
};

// One file as it was before. Does nothing when it is that already.
absl::Status RestoreFile(const StateStore& store, const SavedFile& file, const std::string& root);
// Whether the file is still what the installation wrote.
bool IsAsWritten(const SavedFile& file, const std::string& root);
// The bytes of a file; nothing when there is none. Other errors are errors.
absl::StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path);
// Removes those that are empty, innermost first.
void RemoveEmptyFolders(const std::vector<std::string>& folders, const std::string& root);

}  // namespace sekisho::install
