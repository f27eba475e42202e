// The namespaces and nodes of a test API server, and what became of them: versions and history.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sekisho::testing::api {

enum class Resource { kNamespaces, kNodes };

// One version of an object. The texts are made once, since an object is listed often.
struct Object {
  Resource resource;
  std::string name;
  std::string uid;
  std::string created;  // RFC 3339
  std::map<std::string, std::string> labels;
  size_t padding = 0;
  uint64_t version = 0;

  std::string metadata = {};  // the JSON object
  std::string rest = {};      // `"spec":{…},"status":{…}`
};
using ObjectPtr = std::shared_ptr<const Object>;

enum class ChangeType { kAdded, kModified, kDeleted };

struct Change {
  uint64_t version;
  ChangeType type;
  ObjectPtr object;  // of kDeleted: as it was last, with the version of its end
};

class ObjectHistory {
 public:
  using Objects = std::map<std::string, ObjectPtr>;

  void Set(Resource resource, const std::string& name,
           const std::map<std::string, std::string>& labels, size_t padding);
  void Delete(Resource resource, const std::string& name);
  // Something changed that is not kept here: an Event.
  uint64_t NextVersion() { return ++version_; }

  uint64_t version() const { return version_; }
  const Objects& Now(Resource resource) const;
  // As they were at a version. Nothing when that is compacted.
  std::optional<Objects> At(Resource resource, uint64_t version) const;
  // In order. `after` must not be compacted.
  std::vector<const Change*> ChangesAfter(Resource resource, uint64_t after) const;

  bool Compacted(uint64_t version) const { return version < compacted_; }
  bool compacted_in_stream() const { return compacted_in_stream_; }
  void Compact(bool in_stream);
  // What there is stays, but has no later version than this.
  void RewindTo(uint64_t version);

 private:
  void Put(ChangeType type, Object object);
  // What there is now becomes the start of history.
  void ForgetChanges();

  // As in a cluster that has been up for a while.
  uint64_t version_ = 1000;
  uint64_t compacted_ = 0;
  bool compacted_in_stream_ = false;
  uint64_t made_ = 0;  // for uids
  std::map<Resource, Objects> first_;
  std::map<Resource, Objects> now_;
  std::vector<Change> changes_;  // since `first_`, by version
};

// RFC 3339, in seconds.
std::string TimeNow();
// A UUID that no other call with another number gives.
std::string UidOf(uint64_t number);

}  // namespace sekisho::testing::api
