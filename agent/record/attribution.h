// Whose process is it: from a pid to the containers that it runs in.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sekisho::record {

// The ids of containers (container_id.h) in the text of /proc/<pid>/cgroup, each once, outermost
// first: "/kubepods/…/<id>" (cgroupfs driver), "/…/cri-containerd-<id>.scope" (systemd driver), of
// any hierarchy of version 1 or 2. A container may run containers, so there may be several.
std::vector<std::string> ContainersIn(std::string_view cgroup_text);

// What of /proc/<pid>/stat matters here; nothing when the text is not as proc(5) has it.
struct ProcessStat {
  uint64_t start_time = 0;  // in ticks since the boot: tells two processes of one pid apart
  bool exiting = false;     // or a zombie
};
std::optional<ProcessStat> ParseStat(std::string_view text);

// Looks processes up and remembers them, so that those that have ended can still be told.
//
// A process that ended before its first look-up can only be told by its parent: a child of a
// container is in the container. (Not so a child of a process of the node, which may be a runtime
// that moves it into one.) Without that it stays unknown. Measured with a container that starts 500
// programs one after the other, on two processors: 4,000 to 6,000 of its 12,000 records were of
// processes that had ended before the look-up; with their parents, all of them could be told.
// One that is about to end counts as ended,
// since its cgroup of version 1 reads as the root then. Not noticed: a pid that was used, freed and
// used again between a record and the look-up.
class Attribution {
 public:
  // None: a process of the node itself.
  using Containers = std::vector<std::string>;

  explicit Attribution(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // To be told of every fork, in order, before the records of the child; if nobody does, processes
  // that end early stay unknown.
  void Forked(pid_t parent, pid_t child);

  // What is remembered of the pid, without a look at whether it still is the same process.
  const Containers* Recall(pid_t pid) const;
  // Nothing when it cannot be told, or when two processes of this pid would be told apart only by
  // the time. Valid until the next call.
  const Containers* Look(pid_t pid);

 private:
  struct Process {
    uint64_t start_time = 0;
    Containers containers;
  };
  static constexpr size_t kProcessesMax = size_t{1} << 17;

  static constexpr int kGenerationsMax = 16;

  std::optional<Process> Read(pid_t pid) const;
  std::optional<Process> Inherited(pid_t pid);
  void Remember(pid_t pid, Process process);
  std::optional<ProcessStat> Stat(pid_t pid) const;

  const std::string proc_;
  std::unordered_map<pid_t, Process> known_;
  std::unordered_map<pid_t, pid_t> parents_;
};

}  // namespace sekisho::record
