#include "system/stepped_process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "support/sekisho_process.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::seconds kOneStep{60};

// O_DIRECT keeps writes apart, each in a buffer of its own, and of these a pipe of one page has
// one.
std::array<int, 2> MakePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_DIRECT) != 0 ||
      ::fcntl(ends[0], F_SETPIPE_SZ, ::getpagesize()) != ::getpagesize()) {
    throw std::runtime_error(std::string("no pipe of one page: ") + std::strerror(errno));
  }
  // Only our end: a write that does not fit has to wait.
  (void)::fcntl(ends[0], F_SETFL, O_NONBLOCK | O_DIRECT);
  return ends;
}

}  // namespace

SteppedProcess::SteppedProcess(pid_t leader, const std::vector<std::string>& argv)
    : SteppedProcess(leader, argv, MakePipe()) {}

SteppedProcess::SteppedProcess(pid_t leader, const std::vector<std::string>& argv,
                               std::array<int, 2> ends)
    : reading_(ends[0]), writing_(ends[1]), process_(leader, argv, writing_.get()) {
  writing_.Reset();
}

bool SteppedProcess::WaitUntilItWaits() {
  const bool settled = Eventually(
      [this] { return IsWaiting() || process_.Wait(std::chrono::milliseconds(0)).has_value(); },
      kOneStep);
  return settled && !process_.Wait(std::chrono::milliseconds(0)).has_value();
}

// A line lies in the pipe, and it sleeps in write(2) to its standard output: proc(5),
// /proc/pid/syscall. Without the first it may be the write that has just been let go.
bool SteppedProcess::IsWaiting() const {
  int bytes = 0;
  if (::ioctl(reading_.get(), FIONREAD, &bytes) != 0 || bytes == 0) {
    return false;
  }
  std::istringstream fields(ReadText("/proc/" + std::to_string(process_.pid()) + "/syscall"));
  std::string number;
  std::string first_argument;
  fields >> number >> first_argument;
  return number == std::to_string(SYS_write) && first_argument == "0x1";
}

std::string SteppedProcess::LetGo() {
  std::array<char, 65536> buffer{};
  const ssize_t length = ::read(reading_.get(), buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<size_t>(length)) : "";
}

std::string SteppedProcess::Kill() {
  process_.Signal(SIGKILL);
  (void)process_.Wait(std::chrono::seconds(10));
  return LetGo();
}

std::optional<int> SteppedProcess::exit_code() {
  return process_.Wait(std::chrono::milliseconds(0));
}

}  // namespace sekisho::testing
