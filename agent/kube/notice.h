// What an Event tells of: one decision about a pod.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/record.h"

namespace sekisho::kube {

// What an Event is about. The names are the Events' `reason`.
enum class EventReason {
  kDenied,    // SekishoDenied, type Warning
  kHardened,  // SekishoHardened, type Normal
  kWarned,    // SekishoWarned, type Warning: let through, but the warn level would refuse it
};

// One decision, as far as an Event tells of it.
struct Notice {
  EventReason reason;
  std::string namespace_;
  std::string pod;
  std::string pod_uid;    // what the kubelet says; a mirror pod's is that of its static pod
  std::string container;  // empty: the sandbox
  std::string text;       // what happened, in one line
  std::chrono::system_clock::time_point time;
};

// The notices of one record: none for what was allowed without a warning, for a pod that is not
// known (no name, namespace or uid), and for changes of resources. A refusal for another reason
// than the policy (unparsable, identity mismatch) is kDenied with its text. Whatever the record
// holds, a notice is small: names longer than Kubernetes allows are cut to what is still too long.
std::vector<Notice> NoticesOf(const audit::Record& record);

}  // namespace sekisho::kube
