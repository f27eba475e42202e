#include "support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

// Everything that allocates, done before the fork: the parent has threads, and between fork and
// exec only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<char*> argv;
  std::vector<std::string> environment;
  std::vector<char*> envp;
  int output = -1;
};

Prepared Prepare(const Command& command) {
  Prepared prepared;
  for (const std::string& word : command.argv) {
    prepared.argv.push_back(const_cast<char*>(word.c_str()));
  }
  prepared.argv.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    prepared.environment.emplace_back(*entry);
  }
  for (const auto& [name, value] : command.environment) {
    prepared.environment.push_back(name + "=" + value);
  }
  if (command.listen_fd >= 0) {
    prepared.environment.emplace_back("LISTEN_FDS=1");
    prepared.environment.emplace_back("LISTEN_PID=0000000000");  // filled in by the child
  }
  for (std::string& entry : prepared.environment) {
    prepared.envp.push_back(entry.data());
  }
  prepared.envp.push_back(nullptr);
  return prepared;
}

// getpid() over the placeholder's zeros; snprintf is not async-signal-safe. No leading zero stays:
// it would make the number octal.
void WriteOwnPid(char* entry) {
  char digits[16];
  size_t count = 0;
  for (pid_t pid = ::getpid(); pid > 0; pid /= 10) {
    digits[count++] = static_cast<char>('0' + pid % 10);
  }
  char* to = std::strchr(entry, '=') + 1;
  while (count > 0) {
    *to++ = digits[--count];
  }
  *to = '\0';
}

[[noreturn]] void Exec(const Command& command, Prepared& prepared, pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  ::sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  // The parent may have died before the line above; in a new pid namespace it has no number.
  const pid_t now = ::getppid();
  if (now != parent && now != 0) {
    ::_exit(126);
  }
  if (prepared.output >= 0) {
    (void)::dup2(prepared.output, STDOUT_FILENO);
    (void)::dup2(prepared.output, STDERR_FILENO);
  }
  if (command.listen_fd >= 0) {
    if (command.listen_fd == 3) {
      (void)::fcntl(3, F_SETFD, 0);
    } else {
      (void)::dup2(command.listen_fd, 3);
    }
    WriteOwnPid(prepared.envp[prepared.envp.size() - 2]);
  }
  ::execvpe(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  Prepared prepared = Prepare(command);
  base::UniqueFd output;
  if (!command.output_file.empty()) {
    output.Reset(
        ::open(command.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    prepared.output = output.get();
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  }
  if (pid_ == 0) {
    Exec(command, prepared, parent);
  }
  pidfd_.Reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_.valid()) {
    throw std::runtime_error(std::string("pidfd_open: ") + std::strerror(errno));
  }
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  (void)Wait(std::chrono::seconds(10));
}

void ChildProcess::Signal(int number) const {
  if (!exit_code_.has_value()) {
    (void)::kill(pid_, number);
  }
}

std::optional<int> ChildProcess::Wait(std::chrono::milliseconds timeout) {
  if (exit_code_.has_value()) {
    return exit_code_;
  }
  pollfd waiting{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) {
    return std::nullopt;
  }
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) {
    return std::nullopt;
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

Finished RunToEnd(const std::vector<std::string>& argv) {
  const TempDir dir;
  ChildProcess child({.argv = argv, .output_file = dir.File("output")});
  Finished finished;
  finished.exit_code = child.Wait(std::chrono::seconds(60)).value_or(-1);
  finished.output = ReadText(dir.File("output"));
  return finished;
}

}  // namespace sekisho::testing
