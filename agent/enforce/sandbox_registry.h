// Which pod each sandbox belongs to.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "policy/facts.h"

namespace sekisho::enforce {

// What is known of one sandbox. Never changed once recorded.
struct SandboxRecord {
  policy::SandboxFacts facts;
  // False when it was rebuilt from a runtime that does not tell the whole configuration: then only
  // the fields of PodSandboxStatus can be compared.
  bool complete = true;
};

// A cache in front of the runtime, which knows every sandbox: an entry that is missing costs one
// PodSandboxStatus, never a wrong answer. Thread-safe; the lock is held for one look-up.
class SandboxRegistry {
 public:
  // More sandboxes than any node runs (the kubelet's default is 110 pods); beyond it an arbitrary
  // entry makes room, so that sandboxes removed behind our back cannot pile up.
  static constexpr size_t kEntriesMax = 16384;

  // nullptr when unknown.
  std::shared_ptr<const SandboxRecord> Find(std::string_view sandbox_id) const;
  void Put(std::string_view sandbox_id, SandboxRecord record);
  void Remove(std::string_view sandbox_id);
  size_t size() const;

 private:
  mutable std::mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<const SandboxRecord>> entries_;  // by mu_
};

}  // namespace sekisho::enforce
