// What cannot be taken back is tried in a copy of the process.
#pragma once

#include <functional>
#include <string>

namespace sekisho::testing {

struct ChildEnd {
  int killed_by = 0;  // a signal; 0: it ended by itself
  int code = 0;       // what `work` returned, 0 to 255

  friend bool operator==(const ChildEnd&, const ChildEnd&) = default;
};
std::ostream& operator<<(std::ostream& out, const ChildEnd& end);

// Runs `work` in a forked child and waits for its end.
ChildEnd InChild(const std::function<int()>& work);

}  // namespace sekisho::testing
