// From a request to its answer, as the API conventions have it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/api_server.h"
#include "support/api_server_events.h"
#include "support/api_server_objects.h"
#include "support/api_server_text.h"
#include "support/api_server_watch.h"

namespace sekisho::testing::api {

struct Answer {
  int code = 200;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides the usual ones
  // Then `body` is the start of it, and the answer goes on.
  std::optional<Watch> watch = {};
};

Answer AnswerOf(const Status& status);

// What requests are answered from.
struct Holdings {
  ObjectHistory objects;
  EventStore events;
  bool ignore_limit_of_cached_lists = true;
};

// For a caller with the rights get/list/watch of namespaces and nodes, create/patch of events, and
// discovery; everything else is forbidden or not there.
Answer AnswerTo(const SeenRequest& request, Holdings& holdings);

}  // namespace sekisho::testing::api
