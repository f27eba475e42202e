#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include <csignal>

namespace sekisho::app {

Signals::Signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    ::sigaddset(&set, signal);
  }
  (void)::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that hangs up is an error of one write, not the end of the process.
  (void)std::signal(SIGPIPE, SIG_IGN);
  fd_.Reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::optional<int> Signals::Wait(std::chrono::milliseconds timeout) {
  pollfd fd{fd_.get(), POLLIN, 0};
  signalfd_siginfo info{};
  if (::poll(&fd, 1, static_cast<int>(timeout.count())) <= 0 ||
      ::read(fd_.get(), &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) {
    return std::nullopt;
  }
  return static_cast<int>(info.ssi_signo);
}

bool Signals::StopIsPending() const {
  sigset_t pending;
  return ::sigpending(&pending) == 0 &&
         (::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1);
}

}  // namespace sekisho::app
