#include "app/status_writer.h"

#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/file.h"
#include "base/str_cat.h"
#include "log/log.h"

namespace sekisho::app {
namespace {

constexpr mode_t kMode = 0644;

status::Time CurrentTime() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

StatusWriter::StatusWriter(const std::string& socket, const std::string& upstream)
    : file_(status::StatusFileOf(socket)) {
  status_.version = SEKISHO_VERSION;
  status_.pid = ::getpid();
  status_.started = CurrentTime();
  status_.socket = socket;
  status_.upstream = upstream;
}

StatusWriter::~StatusWriter() {
  (void)::unlink(file_.c_str());
}

void StatusWriter::Write(status::AgentStatus now) {
  now.version = status_.version;
  now.pid = status_.pid;
  now.started = status_.started;
  now.socket = status_.socket;
  now.upstream = status_.upstream;
  now.updated = CurrentTime();
  now.last_answered =
      now.calls_answered == status_.calls_answered ? status_.last_answered : now.updated;
  {
    const std::lock_guard lock(mu_);
    status_ = std::move(now);
  }
  const absl::Status written = base::WriteFileAtomically(file_, status::ToJson(status_), kMode);
  if (!written.ok() && !failed_) {
    log::Warn(base::StrCat("the status file is not written: ", written.message()));
  }
  failed_ = !written.ok();
}

}  // namespace sekisho::app
