// A policy's revision never goes back by itself.
//
// Somebody who can put an old file in place (an old image, a restored backup, a ConfigMap that was
// rolled back by mistake) would otherwise undo every tightening since. What was in force is kept on
// disk, one number for each main file's name, since a node can change its group.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "config/snapshot.h"

namespace sekisho::config {

class Revisions {
 public:
  // `directory` is the agent's state directory; the file is policy-revisions in it.
  explicit Revisions(const std::string& directory);

  // Why `snapshot` must not come into force: its revision is lower than the one that was, or it has
  // none any more. Forced by the policy's `replacesRevision`, or by taking the file away. A file
  // that cannot be read is an error too, and names the way out.
  std::optional<Diagnostic> WhyNot(const Snapshot& snapshot) const;
  // After it came into force. A policy without a revision leaves no trace.
  absl::Status Record(const Snapshot& snapshot) const;

  const std::string& file() const { return file_; }

 private:
  std::string file_;
};

}  // namespace sekisho::config
