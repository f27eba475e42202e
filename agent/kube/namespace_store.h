// The cluster's namespaces: as heard from the API server, given to who decides.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "kube/reflector.h"
#include "policy/namespace_labels.h"

namespace sekisho::kube {

// Two clocks, since neither alone is good: the machine's wall clock jumps, and the time since boot
// means nothing after one.
struct Clocks {
  std::function<std::chrono::nanoseconds()> since_boot;  // CLOCK_BOOTTIME: sleep counts
  std::function<std::chrono::sys_seconds()> wall;

  static Clocks System();
};

// What is worth keeping over a restart; see namespace_cache.h.
struct NamespaceCopy {
  std::shared_ptr<const policy::NamespaceTable> table;  // never null
  std::string resource_version;
  std::chrono::sys_seconds confirmed{};  // wall clock
};

// Written by the loop's thread, as a reflector's store; read by any thread. A namespace object may
// be a whole Namespace or its metadata alone (PartialObjectMetadata).
class NamespaceStore final : public ObjectStore {
 public:
  explicit NamespaceStore(Clocks clocks = Clocks::System());

  // Before the reflector starts: what was on disk. It counts as confirmed when it was; a time in
  // the future counts as unknown.
  void Restore(NamespaceCopy copy);

  // Any thread; a lock for the copy of a pointer. The table never changes afterwards.
  policy::NamespaceView View() const;

  // ObjectStore. An object without a name is an error (INVALID_ARGUMENT), and so is one of the six
  // labels that is no text; more namespaces than any cluster has are RESOURCE_EXHAUSTED. Other
  // labels, annotations, spec and status are not looked at. A value longer than any label can be is
  // cut; both are no level and no version. What was heard is seen in View() from Confirmed() on.
  void BeginList() override;
  absl::Status Listed(const nlohmann::json& object) override;
  void EndList() override;
  void AbandonList() override;
  absl::Status Changed(const nlohmann::json& object) override;
  absl::Status Deleted(const nlohmann::json& object) override;
  void Confirmed(const std::string& resource_version) override;

  // For the cache, on the loop's thread. `changes` grows whenever the table is another one.
  NamespaceCopy Copy() const;
  uint64_t changes() const { return changes_; }

 private:
  struct LessByValue {
    bool operator()(const policy::NamespaceTable::LabelsPtr& a,
                    const policy::NamespaceTable::LabelsPtr& b) const {
      return *a < *b;
    }
  };

  using LabelsPtr = policy::NamespaceTable::LabelsPtr;
  using Map = policy::NamespaceTable::Map;

  // The shared copy of these labels: a cluster has many namespaces and few different sets.
  LabelsPtr Shared(policy::PodSecurityLabels labels);
  // What `pending_` is about: the list that came last, or what is published.
  const Map& Base() const;
  // The base with the changes; null when that is what is published already.
  std::shared_ptr<const policy::NamespaceTable> Next();
  // Shared copies that only this object has any more.
  void DropUnused();

  const Clocks clocks_;
  // Only the loop's thread uses these.
  std::set<LabelsPtr, LessByValue> distinct_;
  std::optional<Map> listing_;                // a list that has begun
  std::optional<Map> listed_;                 // a whole list, to be published at Confirmed
  std::map<std::string, LabelsPtr> pending_;  // changes since; null: deleted
  std::string resource_version_;
  uint64_t changes_ = 0;

  mutable std::mutex mu_;  // of what follows
  std::shared_ptr<const policy::NamespaceTable> table_;
  bool synced_ = false;
  std::optional<std::chrono::nanoseconds> confirmed_;  // since boot; may be before it (negative)
  std::chrono::sys_seconds confirmed_wall_{};
};

}  // namespace sekisho::kube
