#include "verify/foreign.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/str_cat.h"

namespace sekisho::verify {
namespace {

namespace fs = std::filesystem;
using procfs::Process;
using std::chrono::system_clock;

constexpr size_t kIdDigits = 64;

struct Shim {
  pid_t pid = 0;
  std::string id;          // of the container or sandbox that it was started for
  std::string name_space;  // empty: not told
  procfs::Process process;
};

// The value of the first of `names` that is given: "-id X", "--id X" or "-id=X".
std::string FlagOf(const std::vector<std::string>& words,
                   std::initializer_list<std::string_view> names) {
  for (size_t i = 0; i < words.size(); ++i) {
    for (const std::string_view name : names) {
      if (words[i] == name && i + 1 < words.size()) {
        return words[i + 1];
      }
      if (words[i].starts_with(name) && words[i].substr(name.size()).starts_with('=')) {
        return words[i].substr(name.size() + 1);
      }
    }
  }
  return "";
}

// comm has at most 15 bytes: of "containerd-shim-runc-v2" this is what is left.
bool IsContainerdShim(const Process& process) {
  return process.name == "containerd-shim";
}
bool IsConmon(const Process& process) {
  return process.name == "conmon" || process.name == "conmonrs";
}

// Whether both are one socket. A shim may live in another mount namespace, as one of a containerd
// within a container does: its path is looked up as it would.
bool IsSameSocket(const std::string& proc, pid_t shim, const std::string& address,
                  const std::string& socket) {
  struct stat theirs {};
  struct stat ours {};
  const std::string seen = base::StrCat(proc, "/", shim, "/root", address);
  if (::stat(seen.c_str(), &theirs) == 0 && ::stat(socket.c_str(), &ours) == 0) {
    return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
  }
  std::error_code ignored;
  return fs::weakly_canonical(address, ignored) == fs::weakly_canonical(socket, ignored);
}

// Whether the shim belongs to the runtime that is verified. One that does not say is looked at.
bool IsOurs(const ForeignSearch& search, const Process& shim,
            const std::vector<std::string>& words) {
  if (search.runtime_socket.empty()) {
    return true;
  }
  if (IsConmon(shim)) {
    // CRI-O's tells no socket. Podman's has another directory for what its containers leave.
    return FlagOf(words, {"--exit-dir"}).find("/libpod/") == std::string::npos;
  }
  std::string address = FlagOf(words, {"-address", "--address"});
  constexpr std::string_view kScheme = "unix://";
  if (address.starts_with(kScheme)) {
    address.erase(0, kScheme.size());
  }
  return address.empty() || IsSameSocket(search.proc, shim.pid, address, search.runtime_socket);
}

uint64_t MountsOf(const Process& process) {
  const auto mounts = process.namespaces.find("mnt");
  return mounts == process.namespaces.end() ? 0 : mounts->second;
}

std::map<pid_t, Shim> FindShims(const ForeignSearch& search) {
  std::map<pid_t, Shim> shims;
  for (const Process& process : search.processes) {
    if (!IsContainerdShim(process) && !IsConmon(process)) {
      continue;
    }
    const std::vector<std::string> words = procfs::CommandLine(search.proc, process.pid);
    if (!IsOurs(search, process, words)) {
      continue;
    }
    absl::StatusOr<Process> whole = procfs::ReadProcess(search.proc, process.pid);
    if (whole.ok()) {
      shims.emplace(process.pid, Shim{.pid = process.pid,
                                      .id = FlagOf(words, {"-id", "--id", "-c", "--cid"}),
                                      .name_space = FlagOf(words, {"-namespace", "--namespace"}),
                                      .process = *std::move(whole)});
    }
  }
  return shims;
}

// Whether the process is a tool of the shim's own, such as a runc on its way, and in no container:
// it shares the shim's mounts. Where these are not told (CAP_SYS_PTRACE is missing) its cgroup.
bool IsTool(const Process& process, const Shim& shim) {
  const uint64_t mounts = MountsOf(process);
  const uint64_t of_shim = MountsOf(shim.process);
  return mounts != 0 && of_shim != 0 ? mounts == of_shim : process.cgroups == shim.process.cgroups;
}

std::vector<std::string_view> Elements(std::string_view path) {
  std::vector<std::string_view> elements;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) {
      elements.push_back(path.substr(0, slash));
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return elements;
}

// "cri-containerd-ID.scope" (systemd's), "kubepods-pod1.slice:cri-containerd:ID" (a path that was
// meant for systemd) -> "ID".
std::string_view Undressed(std::string_view element) {
  constexpr std::string_view kScope = ".scope";
  if (element.ends_with(kScope)) {
    element.remove_suffix(kScope.size());
  }
  const size_t mark = element.find_last_of(":-");
  return mark == std::string_view::npos ? element : element.substr(mark + 1);
}

bool IsDigest(std::string_view text) {
  return text.size() == kIdDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether `element` is the cgroup of what has this id, in one form or the other. Ids that people
// give may have a "-" in them.
bool Names(std::string_view element, std::string_view id) {
  if (element == id || Undressed(element) == id) {
    return true;
  }
  const std::string scope = base::StrCat("-", id, ".scope");
  return element.ends_with(scope) || element.ends_with(base::StrCat(":", id));
}

bool IsKnown(const ForeignSearch& search, const Process& process) {
  if (search.known.pids.contains(process.pid) || search.known_mounts.contains(MountsOf(process))) {
    return true;
  }
  for (const std::string& path : process.cgroups) {
    for (const std::string_view element : Elements(path)) {
      if (search.known.ids.contains(std::string(element)) ||
          search.known.ids.contains(std::string(Undressed(element)))) {
        return true;
      }
    }
  }
  return false;
}

std::string IdOf(const Process& process, const Shim& shim) {
  std::string last;
  for (const std::string& path : process.cgroups) {
    const std::vector<std::string_view> elements = Elements(path);
    for (const std::string_view element : elements) {
      if (!shim.id.empty() && Names(element, shim.id)) {
        return shim.id;
      }
    }
    if (last.empty() && !elements.empty()) {
      const std::string_view id = Undressed(elements.back());
      last = std::string(IsDigest(id) ? id : elements.back());
    }
  }
  return last.empty() ? shim.id : last;
}

// When the machine was started, by the wall clock. A service may not see /proc/stat (ProcSubset=).
int64_t BootSeconds(const std::string& proc) {
  constexpr size_t kStatBytesMax = size_t{4} << 20;
  std::istringstream lines(base::ReadFile(proc + "/stat", kStatBytesMax).value_or(""));
  int64_t seconds = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    if (words >> key && key == "btime" && words >> seconds) {
      return seconds;
    }
  }
  timespec since_boot{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return system_clock::to_time_t(system_clock::now()) - since_boot.tv_sec;
}

std::optional<system_clock::time_point> StartOf(const Process& process, int64_t boot_seconds) {
  const int64_t ticks = ::sysconf(_SC_CLK_TCK);
  if (boot_seconds <= 0 || ticks <= 0) {
    return std::nullopt;
  }
  const auto since_boot = static_cast<int64_t>(process.start_time);
  return system_clock::time_point(std::chrono::seconds(boot_seconds)) +
         std::chrono::milliseconds(since_boot / ticks * 1000 + since_boot % ticks * 1000 / ticks);
}

}  // namespace

std::vector<Foreign> FindForeign(const ForeignSearch& search) {
  const std::map<pid_t, Shim> shims = FindShims(search);
  // By shim and id: ids are unique within a namespace of the runtime only.
  std::map<std::pair<std::string, pid_t>, Foreign> found;
  const int64_t boot_seconds = BootSeconds(search.proc);
  for (const Process& listed : search.processes) {
    const auto parent = shims.find(listed.parent);
    if (parent == shims.end()) {
      continue;
    }
    const Shim& shim = parent->second;
    absl::StatusOr<Process> process = procfs::ReadProcess(search.proc, listed.pid);
    // Gone, or somebody else by now; known; or in no container.
    if (!process.ok() || process->start_time != listed.start_time || IsKnown(search, *process) ||
        IsTool(*process, shim)) {
      continue;
    }
    std::string id = IdOf(*process, shim);
    Foreign& foreign = found[{id, shim.pid}];
    if (foreign.process.pid == 0 || process->start_time < foreign.process.start_time) {
      foreign = {.id = std::move(id),
                 .runtime = shim.name_space,
                 .process = *std::move(process),
                 .created = StartOf(listed, boot_seconds)};
    }
  }
  std::vector<Foreign> all;
  all.reserve(found.size());
  for (auto& [key, foreign] : found) {
    all.push_back(std::move(foreign));
  }
  return all;
}

}  // namespace sekisho::verify
