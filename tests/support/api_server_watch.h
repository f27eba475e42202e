// What an open watch is told, and when.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "support/api_server_objects.h"

namespace sekisho::testing::api {

using TimePoint = std::chrono::steady_clock::time_point;

struct Watch {
  Resource resource = Resource::kNamespaces;
  std::optional<std::string> name = {};  // only the object of this name
  bool metadata_only = false;
  bool bookmarks = false;
  bool everything_first = false;  // ADDED for each object that is there
  uint64_t version = 0;           // told up to here
  TimePoint end = TimePoint::max();
  TimePoint next_bookmark = TimePoint::max();
};

// The lines that `watch` is to be told now, which may be none.
std::string LinesFor(Watch& watch, const ObjectHistory& history, TimePoint now,
                     std::chrono::milliseconds bookmark_interval);

// One line that ends a watch: an ERROR event with this Status.
std::string ErrorLine(const std::string& status);

}  // namespace sekisho::testing::api
