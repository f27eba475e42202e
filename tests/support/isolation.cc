#include "support/isolation.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCgroupPrefix = "sekisho-test-";

std::string& Problem() {
  static std::string problem;
  return problem;
}

pid_t& OutermostPid() {
  static pid_t pid = ::getpid();
  return pid;
}

volatile sig_atomic_t inner_process = 0;

// SIGINT or SIGTERM of the outermost process: end the inside, so that the clean-up below it runs.
void EndInside(int) {
  if (inner_process > 0) {
    (void)::kill(inner_process, SIGKILL);
  }
}

bool Fails(const char* what, bool failed) {
  if (failed && Problem().empty()) {
    Problem() = std::string("no namespaces of our own: ") + what + ": " + std::strerror(errno);
  }
  return failed;
}

void RaiseLoopback() {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof(request.ifr_name) - 1);
  request.ifr_flags = IFF_UP;
  (void)Fails("lo", ::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0);
}

// The first process of the new namespaces.
void SetUpInside() {
  if (Fails("private mounts", ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ||
      Fails("/proc",
            ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) ||
      Fails("/run", ::mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) ||
      Fails("/run/tmp", ::mkdir("/run/tmp", 01777) != 0)) {
    return;
  }
  (void)::setenv("TMPDIR", "/run/tmp", 1);
  RaiseLoopback();
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Forks a child that dies with its parent.
int InChild(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) {
    std::perror("fork");
    return 1;
  }
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)::signal(SIGINT, SIG_DFL);
    (void)::signal(SIGTERM, SIG_DFL);
    const int code = body();
    std::fflush(nullptr);
    ::_exit(code);
  }
  inner_process = pid;
  return WaitFor(pid);
}

// Removes the cgroups of this run, and of runs whose process is gone. Only empty ones can go, and
// once the processes are dead they all are.
void RemoveCgroups(const fs::path& hierarchy) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(hierarchy, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kCgroupPrefix)) {
      continue;
    }
    const std::string owner = name.substr(kCgroupPrefix.size());
    if (owner != std::to_string(OutermostPid()) && fs::exists("/proc/" + owner)) {
      continue;
    }
    std::vector<fs::path> folders = {entry.path()};
    for (const auto& below : fs::recursive_directory_iterator(entry.path(), ignored)) {
      if (below.is_directory(ignored)) {
        folders.push_back(below.path());
      }
    }
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
      (void)::rmdir(folder->c_str());
    }
  }
}

void RemoveAllCgroups() {
  std::error_code ignored;
  RemoveCgroups("/sys/fs/cgroup");
  for (const fs::directory_entry& controller : fs::directory_iterator("/sys/fs/cgroup", ignored)) {
    if (controller.is_directory(ignored) && !controller.is_symlink(ignored)) {
      RemoveCgroups(controller.path());
    }
  }
}

}  // namespace

int RunIsolated(const std::function<int()>& body) {
  OutermostPid() = ::getpid();
  (void)::signal(SIGINT, EndInside);
  (void)::signal(SIGTERM, EndInside);
  const int code = InChild([&body] {
    constexpr int kNamespaces =
        CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    if (Fails("unshare", ::unshare(kNamespaces) != 0)) {
      return body();
    }
    return InChild([&body] {
      SetUpInside();
      return body();
    });
  });
  RemoveAllCgroups();
  return code;
}

const std::string& IsolationProblem() {
  return Problem();
}

std::string CgroupRoot() {
  return "/" + std::string(kCgroupPrefix) + std::to_string(OutermostPid());
}

}  // namespace sekisho::testing
