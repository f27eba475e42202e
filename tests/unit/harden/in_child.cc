#include "in_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

namespace sekisho::testing {

std::ostream& operator<<(std::ostream& out, const ChildEnd& end) {
  return end.killed_by != 0 ? out << "killed by signal " << end.killed_by
                            : out << "returned " << end.code;
}

ChildEnd InChild(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(work());
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0) {
    return {.killed_by = -1};
  }
  return WIFSIGNALED(status) ? ChildEnd{.killed_by = WTERMSIG(status)}
                             : ChildEnd{.code = WEXITSTATUS(status)};
}

}  // namespace sekisho::testing
