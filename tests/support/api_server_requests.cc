#include "support/api_server_requests.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/str_cat.h"
#include "support/api_server_query.h"

namespace sekisho::testing::api {
namespace {

using nlohmann::json;

Answer Bad(const std::string& message) {
  return AnswerOf({.code = 400, .message = message});
}

Answer NotFound(std::string_view plural, const std::string& name) {
  return AnswerOf({.code = 404,
                   .message = base::StrCat(plural, " \"", name, "\" not found"),
                   .details = {{"name", name}, {"kind", plural}}});
}

Answer VersionTooLarge(uint64_t asked, uint64_t now) {
  const std::string message =
      base::StrCat("Too large resource version: ", asked, ", current: ", now);
  Answer answer = AnswerOf({.code = 504,
                            .message = message,
                            .details = {{"causes",
                                         {{{"reason", "ResourceVersionTooLarge"},
                                           {"message", "Too large resource version"}}}},
                                        {"retryAfterSeconds", 1}}});
  answer.headers.emplace_back("retry-after", "1");
  return answer;
}

Answer Invalid(const char* field, const char* message) {
  return AnswerOf({.code = 422,
                   .message = base::StrCat("ListOptions is invalid: ", field, ": ", message),
                   .details = {{"kind", "ListOptions"}, {"group", "meta.k8s.io"}}});
}

// What list and watch have in common.
struct Wanted {
  Resource resource;
  Form form;
  std::optional<std::string> name = {};  // by a field selector
  std::optional<uint64_t> version = {};  // none: not given, the newest
};

// nullopt: the selector is none that this server can do.
std::optional<std::string> NameOf(const std::string& field_selector) {
  for (const std::string_view start : {"metadata.name==", "metadata.name="}) {
    if (field_selector.starts_with(start) && field_selector.find(',') == std::string::npos) {
      return field_selector.substr(start.size());
    }
  }
  return std::nullopt;
}

Answer AnswerToWatch(const Query& query, const Wanted& wanted, const Holdings& holdings) {
  if (query.Has("resourceVersionMatch")) {
    return Invalid("resourceVersionMatch", "Forbidden: only with sendInitialEvents");
  }
  if (query.Has("continue")) {
    return Invalid("continue", "Forbidden: not for a watch");
  }
  // Whole objects come when the list form is asked for: a watch has no lists.
  Watch watch{.resource = wanted.resource,
              .name = wanted.name,
              .metadata_only = wanted.form == Form::kPartialObject,
              .bookmarks = query.IsTrue("allowWatchBookmarks"),
              .everything_first = wanted.version.value_or(0) == 0,
              .version = wanted.version.value_or(0)};
  if (query.Has("timeoutSeconds")) {
    const auto seconds = NumberOf(query.Get("timeoutSeconds"));
    if (!seconds.has_value() || *seconds > 1'000'000) {
      return Bad("timeoutSeconds is no number of seconds");
    }
    if (*seconds > 0) {
      watch.end = std::chrono::steady_clock::now() + std::chrono::seconds(*seconds);
    }
  }
  const ObjectHistory& objects = holdings.objects;
  if (!watch.everything_first && objects.Compacted(watch.version)) {
    const Status status{.code = 410,
                        .message = base::StrCat("too old resource version: ", watch.version)};
    return objects.compacted_in_stream() ? Answer{.body = ErrorLine(StatusText(status))}
                                         : AnswerOf(status);
  }
  return {.watch = watch};
}

// --- lists

// From where and how much.
struct Page {
  uint64_t version = 0;
  std::string after = {};
  size_t most = 0;  // 0: all
};

Answer PageAnswer(const Wanted& wanted, const Page& page, const ObjectHistory::Objects& objects) {
  std::vector<ObjectPtr> items;
  ListHead head{.version = page.version};
  size_t matching_after = 0;
  for (auto next = page.after.empty() ? objects.begin() : objects.upper_bound(page.after);
       next != objects.end(); ++next) {
    if (wanted.name.has_value() && *wanted.name != next->first) {
      continue;
    }
    if (page.most == 0 || items.size() < page.most) {
      items.push_back(next->second);
    } else {
      ++matching_after;
    }
  }
  if (matching_after > 0) {
    head.continue_token = TextOf(ContinueToken{page.version, items.back()->name});
    if (!wanted.name.has_value()) {
      head.remaining = matching_after;
    }
  }
  return {.body = ListText(wanted.resource, head, items, wanted.form == Form::kPartialList)};
}

Answer AnswerToContinue(const Query& query, const Wanted& wanted, size_t limit,
                        const ObjectHistory& objects) {
  if (wanted.version.value_or(0) != 0 || query.Has("resourceVersionMatch")) {
    return Bad("no resource version is allowed together with continue");
  }
  const auto token = ParseContinueToken(query.Get("continue"));
  if (!token.has_value()) {
    return Bad("continue key is not valid");
  }
  const uint64_t version = token->version.value_or(objects.version());
  const auto at = version > objects.version() ? std::nullopt : objects.At(wanted.resource, version);
  if (!at.has_value()) {
    Answer answer = AnswerOf({.code = 410,
                              .message = "The provided continue parameter is too old to display "
                                         "a consistent list result."});
    // The token for somebody who prefers an inconsistent rest to none.
    json status = json::parse(answer.body);
    status["metadata"]["continue"] = TextOf(ContinueToken{std::nullopt, token->after});
    answer.body = status.dump();
    return answer;
  }
  return PageAnswer(wanted, {version, token->after, limit}, *at);
}

Answer AnswerToList(const Query& query, const Wanted& wanted, const Holdings& holdings) {
  const ObjectHistory& objects = holdings.objects;
  if (wanted.form == Form::kPartialObject) {
    return AnswerOf({.code = 406, .message = "as=PartialObjectMetadata, but this is a list"});
  }
  const auto limit = query.Get("limit").empty() ? 0 : NumberOf(query.Get("limit"));
  if (!limit.has_value()) {
    return Bad("limit is no number");
  }
  if (!query.Get("continue").empty()) {
    return AnswerToContinue(query, wanted, *limit, objects);
  }
  const std::string& match = query.Get("resourceVersionMatch");
  if (!match.empty() && !wanted.version.has_value()) {
    return Invalid("resourceVersionMatch", "Forbidden: needs a resourceVersion");
  }
  if (!match.empty() && match != "Exact" && match != "NotOlderThan") {
    return Invalid("resourceVersionMatch", "Unsupported value");
  }
  const uint64_t asked = wanted.version.value_or(0);
  if (match == "Exact" && asked == 0) {
    return Invalid("resourceVersionMatch", "Forbidden: not Exact for 0");
  }
  if (asked > objects.version()) {
    return VersionTooLarge(asked, objects.version());
  }
  // With a limit and without a word about the match it is Exact, for reasons of history.
  if (match == "Exact" || (match.empty() && asked > 0 && *limit > 0)) {
    const auto at = objects.At(wanted.resource, asked);
    return at.has_value()
               ? PageAnswer(wanted, {asked, "", *limit}, *at)
               : AnswerOf({.code = 410, .message = "The provided resource version is too old."});
  }
  const bool cached = wanted.version.has_value();
  const size_t most = cached && holdings.ignore_limit_of_cached_lists ? 0 : *limit;
  return PageAnswer(wanted, {objects.version(), "", most}, objects.Now(wanted.resource));
}

Answer AnswerToCollection(const SeenRequest& request, Wanted wanted, const Holdings& holdings) {
  const Query query(request.query);
  if (!query.Get("labelSelector").empty()) {
    return Bad("this server has no label selectors");
  }
  if (!query.Get("fieldSelector").empty()) {
    wanted.name = NameOf(query.Get("fieldSelector"));
    if (!wanted.name.has_value()) {
      return Bad("field label not supported");
    }
  }
  if (query.Has("sendInitialEvents")) {
    return Invalid("sendInitialEvents", "Forbidden: the feature WatchList is off");
  }
  if (const std::string& version = query.Get("resourceVersion"); !version.empty()) {
    wanted.version = NumberOf(version);
    if (!wanted.version.has_value()) {
      return Bad(base::StrCat("invalid resource version \"", version, "\""));
    }
  }
  return request.IsWatch() ? AnswerToWatch(query, wanted, holdings)
                           : AnswerToList(query, wanted, holdings);
}

// --- single objects

Answer AnswerToGet(const std::string& name, const Wanted& wanted, const Holdings& holdings) {
  const ObjectHistory::Objects& objects = holdings.objects.Now(wanted.resource);
  const auto found = objects.find(name);
  if (found == objects.end()) {
    return NotFound(PluralOf(wanted.resource), name);
  }
  if (wanted.form == Form::kPartialList) {
    return AnswerOf({.code = 406, .message = "as=PartialObjectMetadataList of a single object"});
  }
  return {.body = ObjectText(*found->second, wanted.form == Form::kPartialObject)};
}

Answer AnswerWithEvent(int code, const EventStore::Result& result) {
  return result.error.has_value() ? AnswerOf(*result.error)
                                  : Answer{.code = code, .body = result.event.dump()};
}

// Without parameters such as a charset.
std::string ContentTypeOf(const SeenRequest& request) {
  const auto found = request.headers.find("content-type");
  return found == request.headers.end() ? "" : std::string(Split(found->second, ';').front());
}

Answer AnswerToEvents(const SeenRequest& request, const std::vector<std::string>& path,
                      Holdings& holdings) {
  constexpr size_t kBodyMost = size_t{3} << 20;
  if (request.body.size() > kBodyMost) {
    return AnswerOf({.code = 413});
  }
  const std::string& namespace_name = path[3];
  const std::string type = ContentTypeOf(request);
  if (request.method == "POST") {
    if (!type.empty() && type != "application/json") {
      return AnswerOf({.code = 415});
    }
    return AnswerWithEvent(
        201, holdings.events.Create(namespace_name, request.body, holdings.objects.NextVersion()));
  }
  if (type != "application/merge-patch+json" && type != "application/strategic-merge-patch+json") {
    return AnswerOf({.code = 415});
  }
  return AnswerWithEvent(200, holdings.events.Patch(namespace_name, path[5], request.body,
                                                    holdings.objects.NextVersion()));
}

// --- discovery, as far as clients such as kubectl want it before anything else

std::optional<Answer> AnswerToDiscovery(const std::string& path) {
  const auto resource = [](const char* name, const char* singular, const char* short_name,
                           const char* kind, std::vector<std::string> verbs) {
    return json{{"name", name},
                {"singularName", singular},
                {"shortNames", {short_name}},
                {"namespaced", std::string_view(name) == "events"},
                {"kind", kind},
                {"verbs", std::move(verbs)}};
  };
  json answer;
  if (path == "/api") {
    answer = {{"kind", "APIVersions"}, {"versions", {"v1"}}};
  } else if (path == "/apis") {
    answer = {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", json::array()}};
  } else if (path == "/version") {
    answer = {{"major", "1"}, {"minor", "36"}, {"gitVersion", "v1.36.0"}};
  } else if (path == "/api/v1") {
    const std::vector<std::string> read{"get", "list", "watch"};
    answer = {{"kind", "APIResourceList"},
              {"groupVersion", "v1"},
              {"resources",
               {resource("namespaces", "namespace", "ns", "Namespace", read),
                resource("nodes", "node", "no", "Node", read),
                resource("events", "event", "ev", "Event", {"create", "patch"})}}};
  } else {
    return std::nullopt;
  }
  return Answer{.body = answer.dump()};
}

std::vector<std::string> PartsOf(const std::string& path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(std::string_view(path).substr(1), '/')) {
    parts.emplace_back(part);
  }
  return parts;
}

}  // namespace

Answer AnswerOf(const Status& status) {
  return {.code = status.code, .body = StatusText(status)};
}

Answer AnswerTo(const SeenRequest& request, Holdings& holdings) {
  if (!request.path.starts_with('/')) {
    return AnswerOf({.code = 404});
  }
  const std::vector<std::string> path = PartsOf(request.path);
  const bool core = path.size() >= 3 && path[0] == "api" && path[1] == "v1";
  const bool reads = request.method == "GET";
  if (core && reads && path.size() <= 4 && (path[2] == "namespaces" || path[2] == "nodes")) {
    const auto accept = request.headers.find("accept");
    const Wanted wanted{.resource = path[2] == "nodes" ? Resource::kNodes : Resource::kNamespaces,
                        .form = FormOf(accept == request.headers.end() ? "" : accept->second)};
    if (wanted.form == Form::kNone) {
      return AnswerOf({.code = 406});
    }
    return path.size() == 3 ? AnswerToCollection(request, wanted, holdings)
                            : AnswerToGet(path[3], wanted, holdings);
  }
  if (core && path[2] == "namespaces" && path.size() >= 5 && path[4] == "events" &&
      ((request.method == "POST" && path.size() == 5) ||
       (request.method == "PATCH" && path.size() == 6))) {
    return AnswerToEvents(request, path, holdings);
  }
  if (reads) {
    if (auto discovery = AnswerToDiscovery(request.path)) {
      return *discovery;
    }
  }
  // What is there, but not for this caller.
  const bool forbidden = core || (path.size() >= 4 && path[0] == "apis");
  return AnswerOf({.code = forbidden ? 403 : 404});
}

}  // namespace sekisho::testing::api
