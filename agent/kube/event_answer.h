// What the API server's answer to a request about an Event means.
#pragma once

#include <string>

#include "kube/loop.h"

namespace sekisho::kube {

enum class EventOutcome {
  kDone,
  kLater,      // the server cannot now, or nobody knows whether it did
  kNameTaken,  // of a POST
  kGone,       // of a PATCH: the Event has expired, or somebody deleted it
  kRefused,    // it would be so again
};

// `is_update`: of a PATCH.
EventOutcome OutcomeOf(const Response& response, bool is_update);

// For a person, in one short line. `body` is how the answer begins.
std::string ErrorText(const Response& response, const std::string& body);

}  // namespace sekisho::kube
