#include "enforce/sandbox_registry.h"

#include <utility>

#include "base/str_cat.h"

namespace sekisho::enforce {

std::shared_ptr<const SandboxRecord> SandboxRegistry::Find(std::string_view sandbox_id) const {
  const std::lock_guard lock(mu_);
  const auto it = entries_.find(base::AbslView(sandbox_id));
  return it == entries_.end() ? nullptr : it->second;
}

void SandboxRegistry::Put(std::string_view sandbox_id, SandboxRecord record) {
  auto entry = std::make_shared<const SandboxRecord>(std::move(record));
  const std::lock_guard lock(mu_);
  if (entries_.size() >= kEntriesMax && !entries_.contains(base::AbslView(sandbox_id))) {
    entries_.erase(entries_.begin());
  }
  entries_.insert_or_assign(std::string(sandbox_id), std::move(entry));
}

void SandboxRegistry::Remove(std::string_view sandbox_id) {
  const std::lock_guard lock(mu_);
  entries_.erase(base::AbslView(sandbox_id));
}

size_t SandboxRegistry::size() const {
  const std::lock_guard lock(mu_);
  return entries_.size();
}

}  // namespace sekisho::enforce
