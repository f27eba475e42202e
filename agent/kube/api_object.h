// The JSON of the API server: objects, Status objects, messages of a watch. Nothing here believes
// that a member is there or has the right type.
#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sekisho::kube {

// Deeper JSON is refused. Kubernetes' own objects stay below 20.
inline constexpr size_t kDepthMost = 64;

// One JSON object, without the metadata.managedFields and metadata.annotations of an API object:
// they are most of its size, and nobody here reads them.
absl::StatusOr<nlohmann::json> ParseObject(std::string_view text);

// One message of a watch.
struct WatchMessage {
  std::string type;       // "ADDED", "BOOKMARK", …
  nlohmann::json object;  // always an object
};
absl::StatusOr<WatchMessage> ParseWatchMessage(std::string_view text);

// The text of the member NAME, or of metadata.NAME; empty when there is none, or it is no text.
std::string_view TextOf(const nlohmann::json& object, std::string_view name);
std::string_view MetadataText(const nlohmann::json& object, std::string_view name);

// Whether a watch can go on from this version. "0" means any version at all, so it cannot, and
// what is absurdly long is none.
bool IsWatchable(std::string_view resource_version);

// What a Status object (meta/v1) says; what is missing or of a wrong type is empty.
struct ApiStatus {
  int code = 0;
  std::string reason = {};
  std::string message = {};
  std::vector<std::string> causes = {};  // reasons of details.causes
  std::optional<std::chrono::seconds> retry_after = {};
};
ApiStatus ApiStatusOf(const nlohmann::json& object);
// From the body of an answer with this HTTP code, which may be anything.
ApiStatus ApiStatusOf(int code, std::string_view body);

// Whether the server cannot go on from the version (or the `continue` token) that it was asked for:
// forgotten (410), not there yet (504 with a cause of its own), or not understood (400).
bool VersionIsOfNoUse(const ApiStatus& status);

// "403 Forbidden: namespaces is forbidden: …", on one line and of bounded length.
std::string Describe(const ApiStatus& status);

}  // namespace sekisho::kube
