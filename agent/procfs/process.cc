#include "procfs/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "procfs/parse.h"

namespace sekisho::procfs {
namespace {

using base::UniqueFd;

// Far more than the kernel writes; a mount table of 16 MiB has some 100,000 mounts.
constexpr size_t kSmallMax = size_t{1} << 20;
constexpr size_t kMountInfoMax = size_t{16} << 20;
constexpr size_t kChunk = size_t{16} << 10;

constexpr auto kNamespaces =
    std::to_array<const char*>({"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"});

// The message is the name and the errno's text, the code the errno's: a process that ended
// meanwhile (ENOENT, ESRCH) is NOT_FOUND.
absl::Status ErrnoStatus(std::string_view name) {
  return absl::ErrnoToStatus(errno, base::AbslView(name));
}

absl::Status Annotated(const absl::Status& status, std::string_view where) {
  return {status.code(), base::StrCat(where, ": ", status.message())};
}

UniqueFd OpenAt(int directory, const std::string& name, int flags) {
  return UniqueFd(::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | flags));
}

absl::StatusOr<std::string> ReadAt(int directory, const std::string& name, size_t max_bytes) {
  const UniqueFd fd = OpenAt(directory, name, 0);
  if (!fd.valid()) {
    return ErrnoStatus(name);
  }
  std::string bytes;
  while (bytes.size() <= max_bytes) {
    const size_t have = bytes.size();
    bytes.resize(have + kChunk);
    const ssize_t got = ::read(fd.get(), bytes.data() + have, kChunk);
    const int error = errno;
    bytes.resize(have + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) {
      return bytes;
    }
    if (got < 0 && error != EINTR) {
      errno = error;
      return ErrnoStatus(name);
    }
  }
  return absl::ResourceExhaustedError(
      base::StrCat(name, ": longer than the ", max_bytes, " bytes allowed"));
}

absl::StatusOr<Stat> ReadStat(int directory) {
  SEKISHO_ASSIGN_OR_RETURN(const std::string text, ReadAt(directory, "stat", kSmallMax));
  absl::StatusOr<Stat> stat = ParseStat(text);
  return stat.ok() ? std::move(stat) : Annotated(stat.status(), "stat");
}

// The numbers among the names of a directory's entries, in order: pids, or thread ids.
std::vector<pid_t> NumbersIn(const std::string& path) {
  std::vector<pid_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, failure] = std::from_chars(name.data(), end, number);
    if (failure == std::errc() && stop == end && number > 0) {
      numbers.push_back(number);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

// A process whose first thread has ended goes on as long as another one runs. The kernel shows the
// first one as a zombie, so that nobody may hide behind that: any thread that runs speaks for the
// process.
UniqueFd OpenLivingThread(const std::string& folder) {
  for (const pid_t thread : NumbersIn(folder + "/task")) {
    UniqueFd directory = OpenAt(AT_FDCWD, base::StrCat(folder, "/task/", thread), O_DIRECTORY);
    if (!directory.valid()) {
      continue;
    }
    const absl::StatusOr<Stat> stat = ReadStat(directory.get());
    if (stat.ok() && !stat->ended()) {
      return directory;
    }
  }
  return {};
}

// AppArmor has a folder of its own where several security modules may be at work; with only one, or
// an older kernel, its label (or SELinux') is in "attr/current". EINVAL: the module is not in use.
void ReadLabel(int directory, Process& process) {
  for (const char* name : {"attr/apparmor/current", "attr/current"}) {
    absl::StatusOr<std::string> label = ReadAt(directory, name, kSmallMax);
    if (label.ok()) {
      label->resize(label->find_last_not_of(std::string_view("\n\0", 2)) + 1);
      process.lsm_label = *std::move(label);
      return;
    }
    if (!absl::IsInvalidArgument(label.status()) && !absl::IsNotFound(label.status())) {
      process.unseen.emplace_back(label.status().message());
    }
  }
}

void ReadNamespaces(int directory, Process& process) {
  for (const char* name : kNamespaces) {
    const std::string file = base::StrCat("ns/", name);
    std::array<char, 64> link{};
    const ssize_t length = ::readlinkat(directory, file.c_str(), link.data(), link.size());
    if (length < 0) {
      process.unseen.emplace_back(ErrnoStatus(file).message());
      continue;
    }
    const absl::StatusOr<uint64_t> inode =
        ParseNamespace(name, std::string_view(link.data(), static_cast<size_t>(length)));
    if (inode.ok()) {
      process.namespaces.emplace(name, *inode);
    } else {
      process.unseen.emplace_back(Annotated(inode.status(), file).message());
    }
  }
}

void ReadRoot(int directory, Process& process) {
  const absl::StatusOr<std::string> text = ReadAt(directory, "mountinfo", kMountInfoMax);
  if (!text.ok()) {
    process.unseen.emplace_back(text.status().message());
    return;
  }
  const absl::StatusOr<bool> read_only = IsRootReadOnly(*text);
  if (read_only.ok()) {
    process.root_read_only = *read_only;
  } else {
    process.unseen.emplace_back(Annotated(read_only.status(), "mountinfo").message());
  }
}

void ReadCgroups(int directory, Process& process) {
  absl::StatusOr<std::string> text = ReadAt(directory, "cgroup", kSmallMax);
  if (!text.ok()) {
    process.unseen.emplace_back(text.status().message());
    return;
  }
  absl::StatusOr<std::vector<std::string>> paths = ParseCgroups(*text);
  if (paths.ok()) {
    process.cgroups = *std::move(paths);
  } else {
    process.unseen.emplace_back(Annotated(paths.status(), "cgroup").message());
  }
}

absl::Status ReadDetails(int directory, Process& process) {
  SEKISHO_ASSIGN_OR_RETURN(const std::string text, ReadAt(directory, "status", kSmallMax));
  if (const absl::Status status = ParseStatus(text, process); !status.ok()) {
    return Annotated(status, "status");
  }
  ReadCgroups(directory, process);
  ReadLabel(directory, process);
  ReadNamespaces(directory, process);
  ReadRoot(directory, process);
  return absl::OkStatus();
}

// `directory` is /proc/PID, held open: its files are those of one process for ever, and gone with
// it, also when another one gets the pid.
absl::StatusOr<Process> ReadOpened(int directory, const std::string& folder, pid_t pid) {
  SEKISHO_ASSIGN_OR_RETURN(Stat before, ReadStat(directory));
  UniqueFd thread;
  if (before.ended()) {
    thread = OpenLivingThread(folder);
    if (!thread.valid()) {
      return absl::NotFoundError("it has ended");
    }
  }
  Process process{.pid = pid,
                  .parent = before.parent,
                  .start_time = before.start_time,
                  .name = std::move(before.name)};
  SEKISHO_RETURN_IF_ERROR(ReadDetails(thread.valid() ? thread.get() : directory, process));
  // What ends in between leaves files that are empty or half true.
  SEKISHO_ASSIGN_OR_RETURN(const Stat after, ReadStat(directory));
  if (after.start_time != before.start_time || (after.ended() && !thread.valid())) {
    return absl::NotFoundError("it ended while it was read");
  }
  return process;
}

}  // namespace

std::string_view SeccompModeName(SeccompMode mode) {
  switch (mode) {
    case SeccompMode::kOff:
      return "off";
    case SeccompMode::kStrict:
      return "strict";
    case SeccompMode::kFilter:
      return "filter";
  }
  return "unknown";
}

absl::StatusOr<Process> ReadProcess(const std::string& proc, pid_t pid) {
  const std::string folder = base::StrCat(proc, "/", pid);
  const UniqueFd directory = OpenAt(AT_FDCWD, folder, O_DIRECTORY);
  if (!directory.valid()) {
    return ErrnoStatus(folder);
  }
  absl::StatusOr<Process> process = ReadOpened(directory.get(), folder, pid);
  return process.ok() ? std::move(process) : Annotated(process.status(), folder);
}

std::vector<Process> ListProcesses(const std::string& proc) {
  std::vector<Process> processes;
  for (const pid_t pid : NumbersIn(proc)) {
    const UniqueFd directory = OpenAt(AT_FDCWD, base::StrCat(proc, "/", pid), O_DIRECTORY);
    if (!directory.valid()) {
      continue;
    }
    if (absl::StatusOr<Stat> stat = ReadStat(directory.get()); stat.ok()) {
      processes.push_back({.pid = pid,
                           .parent = stat->parent,
                           .start_time = stat->start_time,
                           .name = std::move(stat->name)});
    }
  }
  return processes;
}

std::vector<std::string> CommandLine(const std::string& proc, pid_t pid) {
  const absl::StatusOr<std::string> text =
      ReadAt(AT_FDCWD, base::StrCat(proc, "/", pid, "/cmdline"), kSmallMax);
  std::vector<std::string> words;
  if (!text.ok()) {
    return words;
  }
  // Each word ends with a NUL, but for what a process wrote over them.
  for (std::string_view rest = *text; !rest.empty();) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

}  // namespace sekisho::procfs
