#include "audit/file_sink.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "audit/timestamp.h"

namespace sekisho::audit {

FileSink::FileSink(std::string path, uint64_t bytes_max, int files_max)
    : file_(std::move(path), bytes_max, files_max), thread_([this] { Run(); }) {}

FileSink::~FileSink() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FileSink::Write(Record record) {
  {
    const std::lock_guard lock(mu_);
    if (queue_.size() >= kQueueMax) {
      ++stats_.lost;
      ++lost_unsaid_;
      last_lost_why_ = stats_.last_error = "the queue of the audit log is full";
      return;
    }
    queue_.push_back(std::move(record));
  }
  changed_.notify_all();
}

SinkStats FileSink::stats() const {
  const std::lock_guard lock(mu_);
  return stats_;
}

void FileSink::Flush() {
  std::unique_lock lock(mu_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void FileSink::Run() {
  std::unique_lock lock(mu_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const Record record = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    WriteOut(record);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void FileSink::SayWhatWasLost() {
  uint64_t count = 0;
  std::string why;
  {
    const std::lock_guard lock(mu_);
    count = lost_unsaid_;
    why = last_lost_why_;
  }
  if (count == 0) {
    return;
  }
  const nlohmann::ordered_json line = {{"time", Timestamp(std::chrono::system_clock::now())},
                                       {"event", "records-lost"},
                                       {"count", count},
                                       {"error", why}};
  if (file_.Append(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace))
          .ok()) {
    const std::lock_guard lock(mu_);
    lost_unsaid_ -= count;
  }
}

void FileSink::WriteOut(const Record& record) {
  if (reopen_.exchange(false)) {
    file_.Reopen();
  }
  SayWhatWasLost();
  const absl::Status status = file_.Append(ToJsonLine(record));
  const std::lock_guard lock(mu_);
  if (status.ok()) {
    ++stats_.written;
    stats_.last_error.clear();
    return;
  }
  ++stats_.lost;
  ++lost_unsaid_;
  last_lost_why_ = stats_.last_error = std::string(status.message());
}

}  // namespace sekisho::audit
