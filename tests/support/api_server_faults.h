// Which requests are answered wrongly, and how.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/api_server.h"
#include "support/api_server_connection.h"
#include "support/api_server_requests.h"

namespace sekisho::testing::api {

bool Matches(const RequestFilter& filter, const SeenRequest& request);

class Faults {
 public:
  // Answers that the next `times` matching requests get.
  void Add(RequestFilter filter, Answer answer, int times);
  // Uses one up.
  std::optional<Answer> Next(const SeenRequest& request);

  void AddTrickle(RequestFilter filter, Trickle trickle);
  void ClearTrickles() { trickles_.clear(); }
  std::optional<Trickle> TrickleFor(const SeenRequest& request) const;

 private:
  struct Fault {
    RequestFilter filter;
    Answer answer;
    int times;
  };
  std::deque<Fault> faults_;
  std::vector<std::pair<RequestFilter, Trickle>> trickles_;
};

}  // namespace sekisho::testing::api
