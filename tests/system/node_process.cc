#include "system/node_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace sekisho::testing {
namespace {

constexpr int kNamespaces =
    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
constexpr const char* kEnvironment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
    "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", nullptr};

base::UniqueFd PidFd(pid_t pid) {
  base::UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.valid()) {
    throw std::runtime_error(std::string("pidfd_open: ") + std::strerror(errno));
  }
  return fd;
}

// In a child of a process with threads: only async-signal-safe calls from here on.
[[noreturn]] void RunProgram(char* const* argv, int output) {
  (void)::setsid();
  (void)::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  (void)::dup2(nothing, STDIN_FILENO);
  (void)::dup2(output, STDOUT_FILENO);
  (void)::dup2(output, STDERR_FILENO);
  ::execvpe(argv[0], argv, const_cast<char* const*>(kEnvironment));
  ::_exit(127);
}

// Only a child of who enters a pid namespace is in it, so this one stays in between.
[[noreturn]] void Keep(int leader, char* const* argv, int output, int pid_pipe) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::setns(leader, kNamespaces) != 0) {
    ::_exit(126);
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    RunProgram(argv, output);
  }
  (void)!::write(pid_pipe, &pid, sizeof(pid));
  int status = 0;
  (void)::waitpid(pid, &status, 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

NodeProcess::NodeProcess(pid_t leader, const std::vector<std::string>& argv, int output) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const base::UniqueFd leader_fd = PidFd(leader);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  }
  const base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  keeper_ = ::fork();
  if (keeper_ == 0) {
    Keep(leader_fd.get(), words.data(), output, writing.get());
  }
  writing.Reset();
  keeper_fd_ = PidFd(keeper_);
  (void)!::read(reading.get(), &pid_, sizeof(pid_));
}

NodeProcess::~NodeProcess() {
  Signal(SIGKILL);
  (void)Wait(std::chrono::seconds(10));
}

void NodeProcess::Signal(int number) const {
  if (!exit_code_.has_value() && pid_ > 0) {
    (void)::kill(pid_, number);
  }
}

std::optional<int> NodeProcess::Wait(std::chrono::milliseconds timeout) {
  if (exit_code_.has_value()) {
    return exit_code_;
  }
  pollfd waiting{.fd = keeper_fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) {
    return std::nullopt;
  }
  int status = 0;
  if (::waitpid(keeper_, &status, 0) != keeper_) {
    return std::nullopt;
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

}  // namespace sekisho::testing
