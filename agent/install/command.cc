#include "install/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/unique_fd.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using base::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr size_t kOutputMax = size_t{256} << 10;

// posix_spawn's file actions and attributes, freed with the scope.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    // Whatever this process blocks or ignores, the other program starts as from a shell.
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::sigaddset(&set, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int MillisecondsUntil(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

// Reads until the program closes its output, or time is up (false).
bool Drain(int fd, Clock::time_point end, std::string& output) {
  std::array<char, 4096> chunk;
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, MillisecondsUntil(end));
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    if (ready <= 0) {
      return false;
    }
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got == 0 || (got < 0 && errno != EINTR)) {
      return true;
    }
    if (got > 0 && output.size() < kOutputMax) {
      output.append(chunk.data(), static_cast<size_t>(got));
    }
  }
}

// Who closes its output may still run: the end counts. False when time is up.
bool WaitForEnd(pid_t pid, Clock::time_point end) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    return true;  // waitpid() will wait for it, without a limit
  }
  for (;;) {
    pollfd wait{pidfd.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, MillisecondsUntil(end));
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    return ready > 0;
  }
}

int Reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& argv,
                                         std::chrono::seconds timeout) {
  const Clock::time_point end = Clock::now() + timeout;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a pipe");
  }
  const UniqueFd reader(pipe[0]);
  UniqueFd writer(pipe[1]);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execvp's signature
  }
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const SpawnSettings settings(writer.get());
  if (const int error = ::posix_spawnp(&pid, arguments[0], settings.actions(),
                                       settings.attributes(), arguments.data(), environ);
      error != 0) {
    return absl::ErrnoToStatus(error, base::AbslView(StrCat("cannot run ", argv[0])));
  }
  writer.Reset();
  CommandResult result;
  const bool ended = Drain(reader.get(), end, result.output) && WaitForEnd(pid, end);
  if (!ended) {
    (void)::kill(pid, SIGKILL);
  }
  result.exit_code = Reap(pid);
  if (!ended) {
    return absl::DeadlineExceededError(
        StrCat(base::StrJoin(argv, " "), " did not end within ", timeout.count(), " s"));
  }
  return result;
}

}  // namespace sekisho::install
