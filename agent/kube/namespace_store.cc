#include "kube/namespace_store.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::kube {
namespace {

using Json = nlohmann::json;
using policy::NamespaceTable;
using policy::PodSecurityLabels;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Far beyond what Kubernetes allows (63 and 63) and what it is tested with (10,000): these only
// keep a server that sends nonsense from filling the memory.
constexpr size_t kNameBytesMax = 253;
constexpr size_t kValueBytesMax = 256;
constexpr size_t kNamespacesMax = 100'000;

// What an age can be at most, so that a date like that of year 1 does not overflow nanoseconds.
constexpr seconds kOldest = std::chrono::hours(24 * 365 * 100);

constexpr std::string_view kNotListing = "an object of a list that was not begun";

nanoseconds BootTime() {
  timespec now{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail: the kernel has had it since 2.6.39
  return seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

std::chrono::sys_seconds WallTime() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

// Null when there is none: `json` may be anything.
const Json* Member(const Json& json, std::string_view key) {
  const auto place = json.find(key);
  return place == json.end() ? nullptr : &*place;
}

absl::StatusOr<std::string> NameOf(const Json& object) {
  const Json* metadata = Member(object, "metadata");
  const Json* name = metadata == nullptr ? nullptr : Member(*metadata, "name");
  if (name == nullptr || !name->is_string()) {
    return absl::InvalidArgumentError("a namespace without metadata.name");
  }
  const auto& text = name->get_ref<const std::string&>();
  if (text.empty() || text.size() > kNameBytesMax) {
    return absl::InvalidArgumentError(base::StrCat("a namespace with a name of ", text.size(),
                                                   " bytes, where 1 to ", kNameBytesMax,
                                                   " can be"));
  }
  return text;
}

// A character that the end goes through is left out as a whole, so that the text stays UTF-8.
std::string Cut(const std::string& value) {
  if (value.size() <= kValueBytesMax) {
    return value;
  }
  size_t end = kValueBytesMax;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) {
    --end;
  }
  return value.substr(0, end);
}

// `name` is for the message.
absl::StatusOr<PodSecurityLabels> LabelsOf(const Json& object, const std::string& name) {
  const auto wrong = [&name](std::string_view what) {
    return absl::InvalidArgumentError(
        base::StrCat("namespace \"", base::Printable(name), "\": ", what));
  };
  PodSecurityLabels labels;
  const Json* all = Member(object.at("metadata"), "labels");
  if (all == nullptr || all->is_null()) {
    return labels;
  }
  if (!all->is_object()) {
    return wrong("metadata.labels is no object");
  }
  for (const policy::PodSecurityLabelKey& label : policy::PodSecurityLabelKeys()) {
    const Json* value = Member(*all, label.key);
    if (value == nullptr) {
      continue;
    }
    if (!value->is_string()) {
      return wrong(base::StrCat("the label ", label.key, " is no text"));
    }
    labels.*label.value = Cut(value->get_ref<const std::string&>());
  }
  return labels;
}

bool SameContent(const NamespaceTable::Map& a, const NamespaceTable::Map& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.first == other.first && (one.second == other.second || *one.second == *other.second);
  });
}

absl::Status TooMany() {
  return absl::ResourceExhaustedError(base::StrCat("more than ", kNamespacesMax, " namespaces"));
}

}  // namespace

Clocks Clocks::System() {
  return {.since_boot = BootTime, .wall = WallTime};
}

NamespaceStore::NamespaceStore(Clocks clocks)
    : clocks_(std::move(clocks)), table_(std::make_shared<const NamespaceTable>()) {}

void NamespaceStore::Restore(NamespaceCopy copy) {
  for (const auto& [name, labels] : copy.table->namespaces()) {
    distinct_.insert(labels);
  }
  resource_version_ = std::move(copy.resource_version);
  // Now, and never again: how far the wall clock jumps later does not matter.
  const seconds age = clocks_.wall() - copy.confirmed;
  const nanoseconds now = clocks_.since_boot();
  const std::lock_guard lock(mu_);
  if (!SameContent(table_->namespaces(), copy.table->namespaces())) {
    ++changes_;
  }
  table_ = std::move(copy.table);
  confirmed_wall_ = copy.confirmed;
  confirmed_.reset();
  if (age >= seconds(0)) {
    confirmed_ = now - std::min(age, kOldest);
  }
}

policy::NamespaceView NamespaceStore::View() const {
  policy::NamespaceView view;
  std::optional<nanoseconds> confirmed;
  {
    const std::lock_guard lock(mu_);
    view.table = table_;
    view.synced = synced_;
    confirmed = confirmed_;
  }
  if (confirmed.has_value()) {
    // The clock is read last, so that no confirmation can come after it.
    const auto age = std::chrono::floor<seconds>(clocks_.since_boot() - *confirmed);
    if (age >= seconds(0)) {
      view.age = age;
    }
  }
  return view;
}

void NamespaceStore::BeginList() {
  listing_.emplace();
}

absl::Status NamespaceStore::Listed(const Json& object) {
  if (!listing_.has_value()) {
    return absl::FailedPreconditionError(base::AbslView(kNotListing));
  }
  SEKISHO_ASSIGN_OR_RETURN(std::string name, NameOf(object));
  SEKISHO_ASSIGN_OR_RETURN(PodSecurityLabels labels, LabelsOf(object, name));
  listing_->insert_or_assign(std::move(name), Shared(std::move(labels)));
  return listing_->size() > kNamespacesMax ? TooMany() : absl::OkStatus();
}

void NamespaceStore::EndList() {
  if (listing_.has_value()) {
    listed_ = std::move(listing_);
    listing_.reset();
    pending_.clear();  // older than the list
  }
}

void NamespaceStore::AbandonList() {
  listing_.reset();
  DropUnused();
}

absl::Status NamespaceStore::Changed(const Json& object) {
  SEKISHO_ASSIGN_OR_RETURN(std::string name, NameOf(object));
  SEKISHO_ASSIGN_OR_RETURN(PodSecurityLabels labels, LabelsOf(object, name));
  if (Base().size() + pending_.size() >= kNamespacesMax && !Base().contains(name) &&
      !pending_.contains(name)) {
    return TooMany();
  }
  pending_.insert_or_assign(std::move(name), Shared(std::move(labels)));
  return absl::OkStatus();
}

absl::Status NamespaceStore::Deleted(const Json& object) {
  SEKISHO_ASSIGN_OR_RETURN(std::string name, NameOf(object));
  if (Base().contains(name)) {
    pending_.insert_or_assign(std::move(name), nullptr);
  } else {
    pending_.erase(name);
  }
  return absl::OkStatus();
}

void NamespaceStore::Confirmed(const std::string& resource_version) {
  resource_version_ = resource_version;
  std::shared_ptr<const NamespaceTable> next = Next();
  const bool is_new = next != nullptr;
  const std::chrono::sys_seconds wall = clocks_.wall();
  {
    const std::lock_guard lock(mu_);
    if (is_new) {
      table_.swap(next);  // the old one is destroyed outside the lock
    }
    synced_ = true;
    confirmed_ = clocks_.since_boot();
    confirmed_wall_ = wall;
  }
  if (is_new) {
    ++changes_;
    next.reset();
    DropUnused();
  }
}

NamespaceCopy NamespaceStore::Copy() const {
  const std::lock_guard lock(mu_);
  return {.table = table_, .resource_version = resource_version_, .confirmed = confirmed_wall_};
}

NamespaceStore::LabelsPtr NamespaceStore::Shared(PodSecurityLabels labels) {
  return *distinct_.insert(std::make_shared<const PodSecurityLabels>(std::move(labels))).first;
}

// Without the lock: only this thread ever sets table_.
const NamespaceStore::Map& NamespaceStore::Base() const {
  return listed_.has_value() ? *listed_ : table_->namespaces();
}

std::shared_ptr<const NamespaceTable> NamespaceStore::Next() {
  const Map& base = Base();
  const bool is_changed = std::ranges::any_of(pending_, [&base](const auto& change) {
    const auto place = base.find(change.first);
    return place == base.end() ? change.second != nullptr
                               : change.second == nullptr || *change.second != *place->second;
  });
  if (!listed_.has_value() && !is_changed) {
    pending_.clear();
    return nullptr;
  }
  Map next = listed_.has_value() ? *std::move(listed_) : table_->namespaces();
  listed_.reset();
  for (auto& [name, labels] : pending_) {
    if (labels == nullptr) {
      next.erase(name);
    } else {
      next.insert_or_assign(name, std::move(labels));
    }
  }
  pending_.clear();
  if (SameContent(next, table_->namespaces())) {
    return nullptr;
  }
  return std::make_shared<const NamespaceTable>(std::move(next));
}

void NamespaceStore::DropUnused() {
  // A reader can only have one that a table has: of those that count one, nobody can take another.
  std::erase_if(distinct_, [](const LabelsPtr& labels) { return labels.use_count() == 1; });
}

}  // namespace sekisho::kube
