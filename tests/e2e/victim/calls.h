// The system calls that the victim can be told to make.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace sekisho::victim {

// Arguments are chosen so that the kernel, where nothing stands before it, either does something
// that changes nothing outside of the calling process, or answers with an error that a profile
// never answers with: EBADF, EFAULT, EINVAL, ENOENT, ESRCH. So a refusal can be told from a
// failure.
struct Call {
  enum class Entry { kNative, kInt80, kX32 };

  std::string_view name;
  long number = -1;  // -1: this architecture has no such call
  std::array<unsigned long, 6> arguments = {};
  Entry entry = Entry::kNative;
};

std::span<const Call> Calls();

}  // namespace sekisho::victim
