#include "support/api_server_objects.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace sekisho::testing::api {
namespace {

using nlohmann::json;

json ManagedFields(const Object& object) {
  json fields = {{"f:metadata", {{"f:labels", {{".", json::object()}}}}}};
  for (const auto& [key, value] : object.labels) {
    fields["f:metadata"]["f:labels"]["f:" + key] = json::object();
  }
  if (object.padding > 0) {
    fields["f:" + std::string(object.padding, 'm')] = json::object();
  }
  return json::array({{{"manager", "kubectl-create"},
                       {"operation", "Update"},
                       {"apiVersion", "v1"},
                       {"time", object.created},
                       {"fieldsType", "FieldsV1"},
                       {"fieldsV1", std::move(fields)}}});
}

std::string MetadataOf(const Object& object) {
  json metadata = {{"name", object.name},
                   {"uid", object.uid},
                   {"resourceVersion", std::to_string(object.version)},
                   {"creationTimestamp", object.created},
                   {"labels", object.labels},
                   {"managedFields", ManagedFields(object)}};
  if (object.padding > 0) {
    metadata["annotations"] = {{"sekisho.io/padding", std::string(object.padding, 'a')}};
  }
  return metadata.dump();
}

std::string RestOf(Resource resource) {
  if (resource == Resource::kNamespaces) {
    return R"("spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"})";
  }
  return R"("spec":{"podCIDR":"10.244.0.0/24"},"status":{"nodeInfo":{"kubeletVersion":"v1.36.0"},)"
         R"("conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]})";
}

}  // namespace

std::string TimeNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::string UidOf(uint64_t number) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "5ec15110-0000-4000-8000-%012llx",
                                 static_cast<unsigned long long>(number));
  return {text.data(), static_cast<size_t>(size)};
}

void ObjectHistory::Put(ChangeType type, Object object) {
  object.version = NextVersion();
  object.metadata = MetadataOf(object);
  object.rest = RestOf(object.resource);
  const auto kept = std::make_shared<const Object>(std::move(object));
  if (type == ChangeType::kDeleted) {
    now_[kept->resource].erase(kept->name);
  } else {
    now_[kept->resource][kept->name] = kept;
  }
  changes_.push_back({kept->version, type, kept});
}

void ObjectHistory::Set(Resource resource, const std::string& name,
                        const std::map<std::string, std::string>& labels, size_t padding) {
  const Objects& there = Now(resource);
  const auto found = there.find(name);
  const bool known = found != there.end();
  Object object = known ? *found->second
                        : Object{.resource = resource,
                                 .name = name,
                                 .uid = UidOf(++made_),
                                 .created = TimeNow(),
                                 .labels = {}};
  object.labels = labels;
  object.padding = padding;
  if (resource == Resource::kNamespaces) {
    object.labels["kubernetes.io/metadata.name"] = name;  // whatever the caller says
  }
  Put(known ? ChangeType::kModified : ChangeType::kAdded, std::move(object));
}

void ObjectHistory::Delete(Resource resource, const std::string& name) {
  const Objects& there = Now(resource);
  const auto found = there.find(name);
  if (found != there.end()) {
    Put(ChangeType::kDeleted, *found->second);
  }
}

const ObjectHistory::Objects& ObjectHistory::Now(Resource resource) const {
  static const Objects kNone;
  const auto found = now_.find(resource);
  return found == now_.end() ? kNone : found->second;
}

std::optional<ObjectHistory::Objects> ObjectHistory::At(Resource resource, uint64_t version) const {
  if (Compacted(version)) {
    return std::nullopt;
  }
  if (version >= version_) {
    return Now(resource);
  }
  const auto first = first_.find(resource);
  Objects objects = first == first_.end() ? Objects{} : first->second;
  for (const Change& change : changes_) {
    if (change.version > version) {
      break;
    }
    if (change.object->resource != resource) {
      continue;
    }
    if (change.type == ChangeType::kDeleted) {
      objects.erase(change.object->name);
    } else {
      objects[change.object->name] = change.object;
    }
  }
  return objects;
}

std::vector<const Change*> ObjectHistory::ChangesAfter(Resource resource, uint64_t after) const {
  std::vector<const Change*> changes;
  auto next = std::upper_bound(
      changes_.begin(), changes_.end(), after,
      [](uint64_t version, const Change& change) { return version < change.version; });
  for (; next != changes_.end(); ++next) {
    if (next->object->resource == resource) {
      changes.push_back(&*next);
    }
  }
  return changes;
}

void ObjectHistory::ForgetChanges() {
  first_ = now_;
  changes_.clear();
  compacted_ = version_;
}

void ObjectHistory::Compact(bool in_stream) {
  // Versions are those of the whole cluster, in which something always happens. So no client has
  // heard of the present one.
  NextVersion();
  ForgetChanges();
  compacted_in_stream_ = in_stream;
}

void ObjectHistory::RewindTo(uint64_t version) {
  version_ = version;
  for (auto& [resource, objects] : now_) {
    for (auto& [name, object] : objects) {
      if (object->version > version) {
        Object older = *object;
        older.version = version;
        older.metadata = MetadataOf(older);
        object = std::make_shared<const Object>(std::move(older));
      }
    }
  }
  ForgetChanges();
}

}  // namespace sekisho::testing::api
