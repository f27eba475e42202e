// Keeps the agent's status file (status/agent_status.h) up to date.
#pragma once

#include <mutex>
#include <string>

#include "status/agent_status.h"

namespace sekisho::app {

class StatusWriter {
 public:
  // What does not change while the agent runs.
  StatusWriter(const std::string& socket, const std::string& upstream);
  // Takes the file away: who is gone says nothing.
  ~StatusWriter();
  StatusWriter(const StatusWriter&) = delete;
  StatusWriter& operator=(const StatusWriter&) = delete;

  // Writes the file; `now` brings what changes, but for the times. A file that cannot be written is
  // said once in the log and is no more than that: readers take a stale file for an agent that is
  // gone.
  void Write(status::AgentStatus now);
  // What was written last. Any thread.
  status::AgentStatus last() const {
    const std::lock_guard lock(mu_);
    return status_;
  }

 private:
  const std::string file_;
  mutable std::mutex mu_;
  status::AgentStatus status_;  // guarded by mu_ against readers; only Write changes it
  bool failed_ = false;
};

}  // namespace sekisho::app
