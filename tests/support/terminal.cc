#include "support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <regex>
#include <stdexcept>

#include "base/unique_fd.h"

namespace sekisho::testing {
namespace {

constexpr std::chrono::seconds kTimeout{60};
constexpr unsigned short kRows = 500;  // so that no list is too long to show

// What there is to read until the other side is closed, which reads as EIO. False: it took too
// long.
bool ReadAll(int fd, std::string& output) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      return false;
    }
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) {
      return true;
    }
    output.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace

Finished RunInTerminal(const std::vector<std::string>& argv, unsigned short columns,
                       const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<std::string> entries = {std::string("PATH=") + std::getenv("PATH")};
  for (const auto& [name, value] : environment) {
    entries.push_back(name + "=" + value);
  }
  std::vector<char*> envp;
  for (std::string& entry : entries) {
    envp.push_back(entry.data());
  }
  envp.push_back(nullptr);
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const winsize size{.ws_row = kRows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int master = -1;
  const pid_t pid = ::forkpty(&master, nullptr, nullptr, &size);
  if (pid < 0) {
    throw std::runtime_error("cannot make a pseudoterminal");
  }
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvpe(words[0], words.data(), envp.data());
    ::_exit(127);
  }
  const base::UniqueFd own(master);
  Finished finished;
  if (!ReadAll(own.get(), finished.output)) {
    (void)::kill(pid, SIGKILL);
    finished.output += "\n(killed after a minute)\n";
  }
  int status = 0;
  (void)::waitpid(pid, &status, 0);
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::erase(finished.output, '\r');
  return finished;
}

std::string WithoutColour(const std::string& text) {
  static const auto* const kSequence = new std::regex("\x1b\\[[0-9;]*m");
  return std::regex_replace(text, *kSequence, "");
}

}  // namespace sekisho::testing
