#include "record/lease_text.h"

#include <unistd.h>

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/str_cat.h"
#include "record/container_id.h"

namespace sekisho::record {
namespace {

using base::StrCat;
using nlohmann::json;

constexpr int kVersion = 1;

bool IsOurs(const struct stat& info) {
  return (info.st_uid == 0 || info.st_uid == ::geteuid()) && (info.st_mode & 0077) == 0;
}

// Exactly these keys, all of them texts that are not empty.
bool HasTexts(const json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string() ||
        found->get_ref<const std::string&>().empty()) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string LeaseFile(const std::string& directory, const std::string& id) {
  return StrCat(directory, "/", id, ".json");
}

std::string ContainersFile(const std::string& directory, const std::string& id) {
  return StrCat(directory, "/", id, ".containers");
}

bool IsOurDirectory(const struct stat& info) {
  return S_ISDIR(info.st_mode) && IsOurs(info);
}

bool IsOurFile(const struct stat& info) {
  return S_ISREG(info.st_mode) && info.st_nlink == 1 && IsOurs(info);
}

std::string ToLeaseText(const Recording& recording) {
  json object;
  object["version"] = kVersion;
  object["namespace"] = recording.namespace_;
  object["pod"] = recording.pod;
  object["container"] = recording.container;
  object["until"] = recording.until.time_since_epoch().count();
  return StrCat(object.dump(), "\n");
}

absl::StatusOr<Recording> FromLeaseText(const std::string& text, const std::string& id) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || object.size() != 5 ||
      !HasTexts(object, {"namespace", "pod", "container"}) || !object.contains("version") ||
      object["version"] != kVersion || !object.contains("until") ||
      !object["until"].is_number_integer()) {
    return absl::InvalidArgumentError("not a lease of this version");
  }
  Recording recording;
  recording.namespace_ = object["namespace"].get<std::string>();
  recording.pod = object["pod"].get<std::string>();
  recording.container = object["container"].get<std::string>();
  recording.until = std::chrono::sys_seconds(std::chrono::seconds(object["until"].get<int64_t>()));
  recording.id = id;
  return recording;
}

std::string ToLine(const RecordedContainer& container) {
  json object;
  object["id"] = container.id;
  object["namespace"] = container.namespace_;
  object["pod"] = container.pod;
  object["container"] = container.name;
  return StrCat(object.dump(-1, ' ', true, json::error_handler_t::replace), "\n");
}

absl::StatusOr<RecordedContainer> FromLine(const std::string& line) {
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || object.size() != 4 ||
      !HasTexts(object, {"id", "namespace", "pod", "container"}) ||
      !IsContainerId(object["id"].get<std::string>())) {
    return absl::InvalidArgumentError("the daemon's list of containers cannot be read");
  }
  return RecordedContainer{.id = object["id"].get<std::string>(),
                           .namespace_ = object["namespace"].get<std::string>(),
                           .pod = object["pod"].get<std::string>(),
                           .name = object["container"].get<std::string>()};
}

}  // namespace sekisho::record
