// Gives back the memory that only the start needed.
//
// A start runs once through parsers, tables and the initialisation of libraries that are not run
// again. Their pages lie in files, and the kernel may drop them whenever it likes; until it has to,
// they count as resident, on every node. What is still needed comes back by itself when it is used,
// from the page cache, at the price of a minor fault.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sekisho::app {

struct Mapping {
  uintptr_t begin = 0;
  uintptr_t end = 0;

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

// Of the text of /proc/PID/smaps (proc(5)): mappings of files that can be dropped and read again
// with no difference, which is to say that are not writable and of which no page is the process's
// own copy ("Anonymous"). Pages that the dynamic linker relocated before it made them read-only are
// such copies.
std::vector<Mapping> DroppableMappings(std::string_view smaps);

// Drops those of this process, and returns free heap to the kernel (malloc_trim(3)). What cannot be
// dropped stays.
void GiveBackStartPages();

}  // namespace sekisho::app
