// The JSON texts that a test API server answers with.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "support/api_server_objects.h"

namespace sekisho::testing::api {

// "Namespace", "Node".
std::string_view KindOf(Resource resource);
// "namespaces", "nodes".
std::string_view PluralOf(Resource resource);

// An object by itself, or its PartialObjectMetadata.
std::string ObjectText(const Object& object, bool metadata_only);

// What comes with the items of a list.
struct ListHead {
  uint64_t version = 0;
  std::string continue_token = {};
  std::optional<size_t> remaining = {};
};
// Items of a NamespaceList have neither apiVersion nor kind, those of a PartialObjectMetadataList
// have.
std::string ListText(Resource resource, const ListHead& head, const std::vector<ObjectPtr>& items,
                     bool metadata_only);

struct Status {
  int code;
  std::string reason = {};   // empty: what usually goes with the code
  std::string message = {};  // empty: likewise
  nlohmann::json details = {};
};
std::string StatusText(const Status& status);

// Compressed, for Content-Encoding.
std::string Gzip(std::string_view text);

}  // namespace sekisho::testing::api
