// How lists and watches are asked for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace sekisho::kube {

// `text` as one value of a query.
std::string QueryEscaped(std::string_view text);

// Only the metadata of the objects; the whole ones of servers that cannot.
inline constexpr std::string_view kAcceptMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
inline constexpr std::string_view kAcceptMetadata =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
inline constexpr std::string_view kAcceptJson = "application/json";

// Which state a list shall show.
struct ListQuery {
  // Empty: any that the API server has in its cache. Otherwise not older than this version.
  std::string known = {};
  // The newest, whatever `known` is: asks the storage behind the API server.
  bool consistent = false;
  // All in one answer. A list that is not older than `known` is so in any case: with a limit it
  // would come from the storage.
  bool whole = false;
  int page_size = 0;
  std::string continue_token = {};  // of the page before
};
std::string ListPath(std::string_view path, std::string_view query, const ListQuery& list);

std::string WatchPath(std::string_view path, std::string_view query, std::string_view known,
                      std::chrono::seconds timeout);

}  // namespace sekisho::kube
