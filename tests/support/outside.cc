#include "support/outside.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace sekisho::testing {
namespace {

constexpr size_t kRequestMax = 65536;

// Our end of the line to the broker. Children that run another program do not get it.
base::UniqueFd& Line() {
  static base::UniqueFd line;
  return line;
}

// A request is the output file and the words of the command, each with a zero at its end, with two
// descriptors: the mount namespace, and the control socket of the new process. On that socket, each
// message is a number: a signal to send, one way; the exit code, the other way. Its end is the
// process's end.
struct Request {
  base::UniqueFd mounts;
  base::UniqueFd control;
  std::vector<std::string> words;
};

union Descriptors {
  cmsghdr header;
  std::array<char, CMSG_SPACE(2 * sizeof(int))> bytes;
};

bool Send(int line, std::string text, int mounts, int control) {
  Descriptors descriptors{};
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &descriptors;
  message.msg_controllen = sizeof(descriptors);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const std::array<int, 2> fds = {mounts, control};
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof(fds));
  return ::sendmsg(line, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

// Nothing when the line has ended.
std::optional<Request> Receive(int line) {
  std::string text(kRequestMax, '\0');
  Descriptors descriptors{};
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &descriptors;
  message.msg_controllen = sizeof(descriptors);
  const ssize_t got = ::recvmsg(line, &message, MSG_CMSG_CLOEXEC);
  const cmsghdr* const header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
    return std::nullopt;
  }
  std::array<int, 2> fds{};
  std::memcpy(fds.data(), CMSG_DATA(header), sizeof(fds));
  Request request{.mounts = base::UniqueFd(fds[0]), .control = base::UniqueFd(fds[1]), .words = {}};
  text.resize(static_cast<size_t>(got));
  for (size_t at = 0; at < text.size(); at += request.words.back().size() + 1) {
    request.words.emplace_back(text.c_str() + at);
  }
  return request;
}

// The files of the asker, with the /proc of the pid namespace that we are in.
bool EnterMounts(int mounts) {
  return ::setns(mounts, CLONE_NEWNS) == 0 && ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

[[noreturn]] void Run(Request& request) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!EnterMounts(request.mounts.get())) {
    std::perror("cannot enter the mount namespace");
    ::_exit(126);
  }
  const std::string& output = request.words[0];
  if (!output.empty()) {
    const int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)::dup2(fd, STDOUT_FILENO);
    (void)::dup2(fd, STDERR_FILENO);
  }
  std::vector<char*> argv;
  for (size_t i = 1; i < request.words.size(); ++i) {
    argv.push_back(request.words[i].data());
  }
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  std::perror(argv[0]);
  ::_exit(127);
}

// Stands between one process and its asker until the process has ended.
void Keep(Request& request) {
  const pid_t child = ::fork();
  if (child == 0) {
    Run(request);
  }
  const base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  std::array<pollfd, 2> waiting{{{.fd = pidfd.get(), .events = POLLIN, .revents = 0},
                                 {.fd = request.control.get(), .events = POLLIN, .revents = 0}}};
  while (waiting[0].revents == 0) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 || waiting[1].revents == 0) {
      continue;
    }
    int number = 0;
    if (::recv(request.control.get(), &number, sizeof(number), 0) != sizeof(number)) {
      number = SIGKILL;  // the asker is gone
      waiting[1].fd = -1;
    }
    (void)::kill(child, number);
  }
  int status = 0;
  (void)::waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  (void)::send(request.control.get(), &code, sizeof(code), MSG_NOSIGNAL);
}

[[noreturn]] void Serve(int line) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)::signal(SIGCHLD, SIG_IGN);  // nobody waits for the keepers
  while (std::optional<Request> request = Receive(line)) {
    if (::fork() == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      (void)::signal(SIGCHLD, SIG_DFL);
      Keep(*request);
      ::_exit(0);
    }
  }
  ::_exit(0);
}

}  // namespace

Outside::Outside() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error(std::string("socketpair: ") + std::strerror(errno));
  }
  Line().Reset(ends[0]);
  const base::UniqueFd theirs(ends[1]);
  std::fflush(nullptr);
  broker_ = ::fork();
  if (broker_ < 0) {
    throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  }
  if (broker_ == 0) {
    Line().Reset();
    Serve(theirs.get());
  }
}

Outside::~Outside() {
  Line().Reset();
  (void)::kill(broker_, SIGKILL);
  (void)::waitpid(broker_, nullptr, 0);
}

OutsideProcess::OutsideProcess(const Command& command) {
  std::array<int, 2> ends{};
  if (!Line().valid() ||
      ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("there is nobody outside");
  }
  control_.Reset(ends[0]);
  const base::UniqueFd theirs(ends[1]);
  const base::UniqueFd mounts(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  std::string text = command.output_file + '\0';
  for (const std::string& word : command.argv) {
    text += word + '\0';
  }
  if (!Send(Line().get(), text, mounts.get(), theirs.get())) {
    throw std::runtime_error(std::string("the outside does not listen: ") + std::strerror(errno));
  }
}

OutsideProcess::~OutsideProcess() {
  Signal(SIGKILL);
  (void)Wait(std::chrono::seconds(10));
}

void OutsideProcess::Signal(int number) const {
  if (!exit_code_.has_value()) {
    (void)::send(control_.get(), &number, sizeof(number), MSG_NOSIGNAL);
  }
}

std::optional<int> OutsideProcess::Wait(std::chrono::milliseconds timeout) {
  if (exit_code_.has_value()) {
    return exit_code_;
  }
  pollfd waiting{.fd = control_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) {
    return std::nullopt;
  }
  int code = -1;
  (void)::recv(control_.get(), &code, sizeof(code), 0);
  exit_code_ = code;  // -1: the outside is gone
  return exit_code_;
}

}  // namespace sekisho::testing
