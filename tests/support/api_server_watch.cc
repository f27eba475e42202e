#include "support/api_server_watch.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/str_cat.h"
#include "support/api_server_text.h"

namespace sekisho::testing::api {
namespace {

std::string_view TextOf(ChangeType type) {
  switch (type) {
    case ChangeType::kAdded:
      return "ADDED";
    case ChangeType::kModified:
      return "MODIFIED";
    case ChangeType::kDeleted:
      return "DELETED";
  }
  return "";
}

std::string Line(std::string_view type, std::string_view object) {
  return base::StrCat(R"({"type":")", type, R"(","object":)", object, "}\n");
}

std::string BookmarkLine(const Watch& watch, uint64_t version) {
  return Line("BOOKMARK",
              base::StrCat(R"({"kind":")",
                           watch.metadata_only ? "PartialObjectMetadata" : KindOf(watch.resource),
                           R"(","apiVersion":")", watch.metadata_only ? "meta.k8s.io/v1" : "v1",
                           R"(","metadata":{"resourceVersion":")", version,
                           R"(","creationTimestamp":null}})"));
}

bool Wanted(const Watch& watch, const Object& object) {
  return !watch.name.has_value() || *watch.name == object.name;
}

}  // namespace

std::string ErrorLine(const std::string& status) {
  return Line("ERROR", status);
}

std::string LinesFor(Watch& watch, const ObjectHistory& history, TimePoint now,
                     std::chrono::milliseconds bookmark_interval) {
  std::string lines;
  if (std::exchange(watch.everything_first, false)) {
    for (const auto& [name, object] : history.Now(watch.resource)) {
      if (Wanted(watch, *object)) {
        lines += Line("ADDED", ObjectText(*object, watch.metadata_only));
      }
    }
    watch.version = history.version();
  }
  for (const Change* change : history.ChangesAfter(watch.resource, watch.version)) {
    if (Wanted(watch, *change->object)) {
      lines += Line(TextOf(change->type), ObjectText(*change->object, watch.metadata_only));
    }
    watch.version = change->version;
  }
  if (watch.bookmarks && now >= watch.next_bookmark) {
    watch.next_bookmark = now + bookmark_interval;
    // A watch from the future (the server is a restored one) hears nothing until it has come, and
    // neither does it with a real one.
    if (history.version() >= watch.version) {
      watch.version = history.version();
      lines += BookmarkLine(watch, watch.version);
    }
  }
  return lines;
}

}  // namespace sekisho::testing::api
