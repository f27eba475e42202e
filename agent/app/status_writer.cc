#include "app/status_writer.h"

#include <unistd.h>

#include <chrono>

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

void StatusWriter::Write(const Now& now) {
  status_.updated = CurrentTime();
  if (now.calls_answered != status_.calls_answered) {
    status_.calls_answered = now.calls_answered;
    status_.last_answered = status_.updated;
  }
  status_.policy_sha256 = now.policy_sha256;
  status_.policy_generation = now.policy_generation;
  status_.last_reload_failed = now.last_reload_failed;
  const absl::Status written = base::WriteFileAtomically(file_, status::ToJson(status_), kMode);
  if (!written.ok() && !failed_) {
    log::Warn(base::StrCat("the status file is not written: ", written.message()));
  }
  failed_ = !written.ok();
}

}  // namespace sekisho::app
