#include "support/isolation.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

enum class Reaps { kItsChild, kAll };

int WaitFor(pid_t pid, Reaps reaps) {
  int status = 0;
  for (pid_t ended = -1; ended != pid;) {
    ended = ::waitpid(reaps == Reaps::kAll ? -1 : pid, &status, 0);
    if (ended < 0 && errno != EINTR) {
      std::perror("waitpid");
      return 1;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Forks a child that dies with its parent.
int InChild(const std::function<int()>& body, Reaps reaps = Reaps::kItsChild) {
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
  return WaitFor(pid, reaps);
}

// Removes the cgroups of this run, and of runs whose process is gone. Only empty ones can go, and
// once the processes are dead they all are. False when one could not.
bool RemoveCgroups(const fs::path& hierarchy) {
  std::error_code ignored;
  bool all = true;
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
      all = (::rmdir(folder->c_str()) == 0 || errno == ENOENT) && all;
    }
  }
  return all;
}

bool RemoveAllCgroups() {
  std::error_code ignored;
  bool all = RemoveCgroups("/sys/fs/cgroup");
  for (const fs::directory_entry& controller : fs::directory_iterator("/sys/fs/cgroup", ignored)) {
    if (controller.is_directory(ignored) && !controller.is_symlink(ignored)) {
      all = RemoveCgroups(controller.path()) && all;
    }
  }
  return all;
}

// A process that outlives this one when it is killed, for as long as it takes to remove its
// cgroups. Nobody writes to the pipe: it ends when every process of the test that has not run
// another program is dead.
void StartJanitor() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0 || ::fork() != 0) {
    (void)::close(ends[0]);  // and the other end stays open
    return;
  }
  (void)::setsid();
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, ends[1]}) {
    (void)::close(fd);  // somebody may wait for the end of our output
  }
  char byte = 0;
  (void)!::read(ends[0], &byte, sizeof(byte));
  // What the kernel kills takes a moment to be dead.
  for (int i = 0; i < 100 && !RemoveAllCgroups(); ++i) {
    (void)::usleep(50'000);
  }
  ::_exit(0);
}

}  // namespace

int RunIsolated(const std::function<int()>& body) {
  OutermostPid() = ::getpid();
  StartJanitor();
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
  (void)RemoveAllCgroups();
  return code;
}

int RunAndReap(const std::function<int()>& body) {
  return InChild(body, Reaps::kAll);
}

const std::string& IsolationProblem() {
  return Problem();
}

std::string CgroupRoot() {
  return "/" + std::string(kCgroupPrefix) + std::to_string(OutermostPid());
}

}  // namespace sekisho::testing
