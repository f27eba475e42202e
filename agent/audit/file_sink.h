// Audit records into a file, by a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "audit/record.h"
#include "audit/rotating_file.h"
#include "audit/sink.h"

namespace sekisho::audit {

// Decisions only put their record into a bounded queue; the writer's thread makes the line and does
// the I/O. What finds the queue full, or what the disk refuses, is lost and counted; the first line
// that goes through again is preceded by one that says how many are missing and why.
class FileSink final : public Sink {
 public:
  static constexpr size_t kQueueMax = 8192;

  FileSink(std::string path, uint64_t bytes_max, int files_max);
  ~FileSink() override;  // writes what is queued, if the disk lets it

  void Write(Record record) override;
  SinkStats stats() const override;

  // Opens the file anew before the next record. Thread-safe.
  void Reopen() { reopen_ = true; }
  // Waits until everything queued so far was written or lost.
  void Flush();

 private:
  void Run();
  void WriteOut(const Record& record);
  void SayWhatWasLost();

  RotatingFile file_;  // only the writer's thread
  std::atomic<bool> reopen_ = false;

  mutable std::mutex mu_;
  std::condition_variable changed_;
  std::deque<Record> queue_;   // guarded by mu_
  bool stopping_ = false;      // guarded by mu_
  bool busy_ = false;          // guarded by mu_
  SinkStats stats_;            // guarded by mu_
  uint64_t lost_unsaid_ = 0;   // guarded by mu_: lost, and not yet said in the file
  std::string last_lost_why_;  // guarded by mu_
  std::thread thread_;
};

}  // namespace sekisho::audit
