// Filters of one architecture each -> one filter for all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "seccomp/bpf.h"

namespace sekisho::seccomp {

// A filter that libseccomp made for one architecture.
struct Part {
  Arch arch;
  Program program;
};

// Asks each part about the calls of its architecture, and kills the thread on every other one, as
// libseccomp's own filters do. x86-64 and x32 are one architecture to the kernel, and told apart by
// bit 30 of the number.
Program Join(const std::vector<Part>& parts);

}  // namespace sekisho::seccomp
