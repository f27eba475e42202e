// A program of the node that goes on from one of its lines to the next only when it is let.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "system/node_process.h"

namespace sekisho::testing {

// Its output is a pipe that holds one write. With a line in there that nobody has read, it does
// what that line says and then waits to write the next one.
class SteppedProcess {
 public:
  SteppedProcess(pid_t leader, const std::vector<std::string>& argv);

  // Waits until it has done everything up to its next line, and is about to say that. False when it
  // has ended instead.
  bool WaitUntilItWaits();
  // Takes the line that lies in the pipe, and so lets it go on.
  std::string LetGo();
  // SIGKILL, and waits. The line that it has done last.
  std::string Kill();
  std::optional<int> exit_code();

 private:
  SteppedProcess(pid_t leader, const std::vector<std::string>& argv, std::array<int, 2> ends);
  bool IsWaiting() const;

  base::UniqueFd reading_;
  base::UniqueFd writing_;
  NodeProcess process_;
};

}  // namespace sekisho::testing
