// A mark in the stream of audit records: a process of our own that makes one logged call.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "record/audit_record.h"

namespace sekisho::record {

// What the mark's record will say.
struct Mark {
  pid_t pid = 0;
  int64_t syscall = 0;

  bool IsIn(const SeccompRecord& record) const {
    return record.pid == pid && record.syscall == syscall;
  }
};

// Forks a child that puts a filter on itself, makes one call that it logs, and ends; waits for
// that. The record is on its way then.
//
// It proves at the start that records come at all (in another network namespace the group can be
// joined, and stays silent) and that their pids are those of our /proc; and at the end, that what
// was logged before it has come. The program must have no other thread: the child is a copy of it.
absl::StatusOr<Mark> MakeMark();

}  // namespace sekisho::record
