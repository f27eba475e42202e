#include "metrics/bounded_names.h"

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::metrics {

BoundedNames::BoundedNames(size_t max_names, size_t max_bytes)
    : max_names_(max_names), max_bytes_(max_bytes), labels_{"_unknown", "_other"} {}

BoundedNames::Id BoundedNames::IdOf(std::string_view name) {
  if (name.empty()) {
    return kUnknown;
  }
  const auto found = ids_.find(base::AbslView(name));
  if (found != ids_.end()) {
    return found->second;
  }
  if (ids_.size() >= max_names_ || name.size() > max_bytes_) {
    return kOther;
  }
  const auto id = static_cast<Id>(labels_.size());
  labels_.push_back(base::Printable(name));
  ids_.emplace(name, id);
  return id;
}

}  // namespace sekisho::metrics
