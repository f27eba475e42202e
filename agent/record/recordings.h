// The daemon's side of a lease (lease.h): which containers are to get the logging profile.
//
// How to use it, in the hook for CreateContainer:
//   1. Before the policy decides: `if (recordings.Any())` and then Matching(namespace, pod name,
//      container name), all three of the sandbox's record and not of the request. With a value, the
//      container gets Localhost and the audit-all profile in place of whatever it asked for, and
//      the audit record says so, with `Recording::id`. A privileged container has no seccomp in any
//      case, so it is not recorded.
//   2. When the runtime has answered such a create with an id, and before the answer goes on:
//      Created(). No process of the container runs before its StartContainer, which its caller can
//      only send afterwards, so the recorder knows the container before the first of its records.
// One object for the whole daemon; every method may be called from any thread, and none blocks on
// anything but the file system of the state directory.
//
// Everything odd about a lease (whose it is, its mode, its text, its time, a lock that nobody
// holds) means: no recording. A lease without a holder, or past its time, is removed on the way.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "record/recording.h"

namespace sekisho::record {

class Recordings {
 public:
  using Clock = std::function<std::chrono::sys_seconds()>;

  // `now` is the wall clock, but in tests.
  explicit Recordings(const std::string& state, Clock now = {});

  // Whether there may be a recording: one stat(2) of the directory, and a new list of it when it
  // has changed.
  bool Any() const;

  // The recording that such a container belongs to, its recorder alive and its time not over. Of
  // several, the first by id; Created() tells all of them.
  std::optional<Recording> Matching(std::string_view pod_namespace, std::string_view pod,
                                    std::string_view container) const;

  // Tells every recording that matches of a container that runs with the logging profile. An error
  // when one could not be told: its recorder will then take the container's records for those of
  // somebody else, and call its profile incomplete.
  absl::Status Created(const RecordedContainer& container) const;

 private:
  std::vector<std::string> Ids() const;
  std::optional<Recording> Held(const std::string& id) const;
  std::vector<Recording> AllMatching(std::string_view pod_namespace, std::string_view pod,
                                     std::string_view container) const;

  const std::string directory_;
  const Clock now_;

  mutable std::mutex mutex_;
  mutable struct stat seen_ {};   // of the directory when it was last listed
  mutable bool settled_ = false;  // whether a later change must show in the directory's times
  mutable std::vector<std::string> ids_;  // sorted
};

}  // namespace sekisho::record
