// The text of an audit record of type 1326 (AUDIT_SECCOMP), kernel/auditsc.c, audit_seccomp().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sekisho::record {

struct SeccompRecord {
  uint64_t seconds = 0;  // wall time, with `milliseconds`
  uint32_t milliseconds = 0;
  uint32_t serial = 0;
  pid_t pid = 0;          // of the thread group, in the first pid namespace
  std::string comm = {};  // as the process calls itself: anything at all
  std::string exe = {};
  int32_t signal = 0;
  uint32_t arch = 0;    // AUDIT_ARCH_…
  int64_t syscall = 0;  // as the kernel prints it
  bool compat = false;
  uint64_t ip = 0;
  uint32_t code = 0;  // SECCOMP_RET_…, without data
};

// The serial number that every record begins with, whatever its type: "audit(1700000000.123:42): ".
std::optional<uint32_t> SerialOf(std::string_view text);

// Strict: the fields in the kernel's order, each in the kernel's spelling, nothing after them.
//
// A process chooses its own comm and the name of its program. The kernel writes either in quotes
// only when it holds no quote, space or control character, and in hexadecimal digits otherwise, so
// that neither can hold a field of its own. The one field that can hold spaces, the label of a
// security module, comes before pid: so the last " pid=" is the kernel's.
absl::StatusOr<SeccompRecord> ParseSeccompRecord(std::string_view text);

}  // namespace sekisho::record
