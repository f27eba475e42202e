// The kernel's audit records, as it sends them to whoever listens: no audit daemon is needed, and
// one that runs is not disturbed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sekisho::record {

// linux/audit.h, struct audit_status, as far as losses go.
struct AuditStatus {
  uint32_t backlog_limit = 0;  // records that may wait in the kernel
  uint32_t rate_limit = 0;     // records a second; 0: no limit
  uint32_t lost = 0;           // since the boot
};

// Asks the kernel (AUDIT_GET). Needs CAP_AUDIT_CONTROL, and the first pid and user namespaces.
absl::StatusOr<AuditStatus> GetAuditStatus();

// OK when the kernel logs calls that a filter answers with SECCOMP_RET_LOG:
// /proc/sys/kernel/seccomp/actions_logged has "log", as it has from the boot on.
absl::Status LogActionIsLogged();

// A socket in the group AUDIT_NLGRP_READLOG.
class KernelAudit {
 public:
  // Needs CAP_AUDIT_READ. The kernel does not wait for a listener that falls behind, so the buffer
  // is large (with CAP_NET_ADMIN): it doubles what is asked for and counts some 830 bytes a record,
  // so that 80,000 fit.
  static absl::StatusOr<KernelAudit> Open(int receive_buffer = kReceiveBuffer);
  static constexpr int kReceiveBuffer = 32 << 20;

  enum class Event { kRecord, kOverrun, kStop, kTimeout };
  struct Received {
    Event event = Event::kTimeout;
    uint16_t type = 0;           // kRecord: AUDIT_…
    std::string_view text = {};  // kRecord: valid until the next call
  };
  // The next record; or kOverrun: the buffer was full and some were lost; or kStop: `stop_fd` (-1:
  // none) can be read, whatever else there is; or kTimeout: nothing yet, perhaps a bit early.
  absl::StatusOr<Received> Next(std::chrono::milliseconds timeout, int stop_fd = -1);

 private:
  explicit KernelAudit(base::UniqueFd fd);

  base::UniqueFd fd_;
  std::vector<char> buffer_;
};

}  // namespace sekisho::record
