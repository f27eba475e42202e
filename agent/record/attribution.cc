#include "record/attribution.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/str_cat.h"
#include "record/container_id.h"

namespace sekisho::record {
namespace {

using base::StrCat;

constexpr size_t kProcFileMax = size_t{256} << 10;
constexpr size_t kIdLength = 64;
constexpr uint64_t kPfExiting = 0x4;  // include/linux/sched.h

// The part of the text before `separator`, which is taken off with it.
std::string_view Cut(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "<id>", "cri-containerd-<id>.scope", "crio-<id>".
std::string_view IdOf(std::string_view component) {
  if (constexpr std::string_view kScope = ".scope"; component.ends_with(kScope)) {
    component.remove_suffix(kScope.size());
  }
  if (component.size() < kIdLength) {
    return {};
  }
  const std::string_view id = component.substr(component.size() - kIdLength);
  const bool alone = component.size() == kIdLength;
  return IsContainerId(id) && (alone || component[component.size() - kIdLength - 1] == '-')
             ? id
             : std::string_view();
}

template <typename Number>
bool ToNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::vector<std::string> ContainersIn(std::string_view cgroup_text) {
  std::vector<std::string> ids;
  while (!cgroup_text.empty()) {
    std::string_view line = Cut(cgroup_text, '\n');
    // "4:memory:/path", where the path may hold colons itself.
    (void)Cut(line, ':');
    (void)Cut(line, ':');
    while (!line.empty()) {
      const std::string_view id = IdOf(Cut(line, '/'));
      if (!id.empty() && std::ranges::find(ids, id) == ids.end()) {
        ids.emplace_back(id);
      }
    }
  }
  return ids;
}

std::optional<ProcessStat> ParseStat(std::string_view text) {
  // "pid (comm) state ppid …": the comm may hold spaces and parentheses, and what follows cannot.
  const size_t comm_end = text.rfind(") ");
  if (comm_end == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(comm_end + 2);
  std::array<std::string_view, 20> fields;  // of proc(5)'s numbering, the 3rd to the 22nd
  for (std::string_view& field : fields) {
    field = Cut(text, ' ');
  }
  ProcessStat stat;
  uint64_t flags = 0;
  if (fields[0].size() != 1 || !ToNumber(fields[6], flags) ||
      !ToNumber(fields[19], stat.start_time)) {
    return std::nullopt;
  }
  stat.exiting = (flags & kPfExiting) != 0 || fields[0] == "Z" || fields[0] == "X";
  return stat;
}

std::optional<ProcessStat> Attribution::Stat(pid_t pid) const {
  const absl::StatusOr<std::string> text =
      base::ReadFile(StrCat(proc_, "/", pid, "/stat"), kProcFileMax);
  return text.ok() ? ParseStat(*text) : std::nullopt;
}

std::optional<Attribution::Process> Attribution::Read(pid_t pid) const {
  const absl::StatusOr<std::string> cgroup =
      base::ReadFile(StrCat(proc_, "/", pid, "/cgroup"), kProcFileMax);
  // After the cgroup: a process that is not ending now was not then.
  const std::optional<ProcessStat> stat = Stat(pid);
  if (!cgroup.ok() || !stat.has_value()) {
    return std::nullopt;
  }
  Process process{.start_time = stat->start_time, .containers = ContainersIn(*cgroup)};
  if (stat->exiting && process.containers.empty()) {
    return std::nullopt;
  }
  return process;
}

std::optional<Attribution::Process> Attribution::Inherited(pid_t pid) {
  auto child = parents_.find(pid);
  for (int i = 0; i < kGenerationsMax && child != parents_.end(); ++i) {
    const pid_t parent = child->second;
    if (!known_.contains(parent)) {
      if (std::optional<Process> process = Read(parent)) {
        Remember(parent, *std::move(process));  // its other children will be asked about, too
      }
    }
    if (const auto known = known_.find(parent); known != known_.end()) {
      return known->second.containers.empty() ? std::nullopt : std::optional(known->second);
    }
    child = parents_.find(parent);
  }
  return std::nullopt;
}

void Attribution::Remember(pid_t pid, Process process) {
  if (known_.size() >= kProcessesMax) {
    known_.clear();
  }
  known_.insert_or_assign(pid, std::move(process));
}

void Attribution::Forked(pid_t parent, pid_t child) {
  if (parents_.size() >= kProcessesMax) {
    parents_.clear();
  }
  known_.erase(child);  // that one has ended, or its pid would not be free
  parents_[child] = parent;
}

const Attribution::Containers* Attribution::Recall(pid_t pid) const {
  const auto found = known_.find(pid);
  return found == known_.end() ? nullptr : &found->second.containers;
}

const Attribution::Containers* Attribution::Look(pid_t pid) {
  const std::optional<ProcessStat> stat = Stat(pid);
  std::optional<Containers> before;
  if (const auto found = known_.find(pid); found != known_.end()) {
    if (!stat.has_value() || stat->start_time == found->second.start_time) {
      return &found->second.containers;  // the same, or nobody any more: then it was the last one's
    }
    before = found->second.containers;
  }
  std::optional<Process> process = stat.has_value() ? Read(pid) : std::nullopt;
  if (!process.has_value()) {
    process = Inherited(pid);
    if (!process.has_value()) {
      return nullptr;
    }
    process->start_time = stat.has_value() ? stat->start_time : 0;
  }
  // Another process has the pid now, and the record may be of either: it is told all the same when
  // that makes no difference.
  const bool told = !before.has_value() || *before == process->containers;
  Remember(pid, *std::move(process));
  return told ? Recall(pid) : nullptr;
}

}  // namespace sekisho::record
