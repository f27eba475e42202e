#include "seccomp/pins.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::seccomp {
namespace {

using base::AbslView;
using base::StrCat;

constexpr mode_t kMode = 0400;
constexpr size_t kTemporaryLetters = 6;  // of mkstemp(3)

// "<pin's name>.Xy12zA": what a crash leaves of WriteFileAtomically.
bool IsTemporaryName(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && name.size() - dot - 1 == kTemporaryLetters &&
         IsPinName(name.substr(0, dot));
}

std::optional<Identity> IdentityAt(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  return IdentityFrom(info);
}

// Whether the file holds these bytes and nobody but its owner may touch it.
std::optional<Identity> Verify(const std::string& path, std::string_view bytes) {
  const std::optional<Identity> before = IdentityAt(path);
  if (!before.has_value() || (before->mode & 07777) != kMode ||
      (before->owner != 0 && before->owner != ::geteuid())) {
    return std::nullopt;
  }
  const absl::StatusOr<std::string> there = base::ReadFile(path, bytes.size());
  if (!there.ok() || *there != bytes || IdentityAt(path) != before) {
    return std::nullopt;
  }
  return before;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pins>> Pins::Open(PinsOptions options) {
  SEKISHO_RETURN_IF_ERROR(MakePrivateDirectory(options.directory));
  SEKISHO_ASSIGN_OR_RETURN(Uses uses,
                           Uses::Open(StrCat(options.directory, "/uses"), options.uses_max));
  std::unique_ptr<Pins> pins(new Pins(std::move(options), std::move(uses)));
  pins->Read();
  return pins;
}

void Pins::Read() {
  std::vector<std::pair<int64_t, std::string>> found;  // by the time they were written
  std::error_code error;
  std::filesystem::directory_iterator entry(options_.directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (IsTemporaryName(name)) {
      (void)::unlink(entry->path().c_str());
      continue;
    }
    const std::optional<Identity> identity = IdentityAt(entry->path().string());
    if (identity.has_value() && IsPinName(name)) {
      found.emplace_back(identity->mtime_ns, std::move(name));
    } else if (name != "uses") {
      ++foreign_;
    }
  }
  std::sort(found.begin(), found.end());
  for (auto& [written, name] : found) {
    // Containers of these may be about to be created: they count as given out now.
    table_.emplace(std::move(name), Entry{.given = Clock::now(), .order = next_order_++});
  }
}

std::string Pins::PathOf(std::string_view name) const {
  return StrCat(options_.directory, "/", name);
}

std::string_view Pins::NameOf(std::string_view path) const {
  const absl::StatusOr<std::string_view> name = RelativeTo(options_.directory, path);
  return name.ok() && IsPinName(*name) ? *name : std::string_view();
}

absl::StatusOr<std::string> Pins::Pin(std::string_view bytes) {
  const std::string digest = base::Sha256Hex(bytes);
  if (digest.empty()) {
    return absl::InternalError("cannot be hashed");
  }
  const std::string name = StrCat(digest, ".json");
  std::string path = PathOf(name);
  const std::lock_guard lock(files_mu_);
  if (GiveAgain(path)) {
    return path;
  }
  std::optional<Identity> identity = Verify(path, bytes);
  if (!identity.has_value()) {
    SEKISHO_RETURN_IF_ERROR(MakeRoomFor(name));
    SEKISHO_RETURN_IF_ERROR(base::WriteFileAtomically(path, bytes, kMode));
    identity = Verify(path, bytes);
    if (!identity.has_value()) {
      return absl::DataLossError(AbslView(StrCat(path, ": reads back as something else")));
    }
  }
  Verified(name, *identity);
  return path;
}

void Pins::Verified(const std::string& name, const Identity& identity) {
  const std::lock_guard lock(mu_);
  table_.insert_or_assign(
      name,
      Entry{.verified = true, .identity = identity, .given = Clock::now(), .order = next_order_++});
}

bool Pins::GiveAgain(const std::string& path) {
  Identity expected;
  {
    const std::lock_guard lock(mu_);
    const auto entry = table_.find(NameOf(path));
    if (entry == table_.end() || !entry->second.verified) {
      return false;
    }
    entry->second.given = Clock::now();
    entry->second.order = next_order_++;
    expected = entry->second.identity;
  }
  // Collect cannot take it any more: it was given out just now.
  return IdentityAt(path) == expected;
}

absl::Status Pins::MakeRoomFor(const std::string& name) {
  size_t excess = 0;
  {
    const std::lock_guard lock(mu_);
    if (!table_.contains(name) && table_.size() >= options_.pins_max) {
      excess = table_.size() - options_.pins_max + 1;
    }
  }
  if (RemoveUnused(0, excess) == excess) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      AbslView(StrCat(options_.directory, ": holds ", options_.pins_max,
                      " profiles, and containers use all of them")));
}

size_t Pins::RemoveUnused(size_t keep, size_t at_most) {
  const std::set<std::string, std::less<>> used = uses_.Pins();
  std::vector<std::string> victims;
  {
    const std::lock_guard lock(mu_);
    std::vector<std::pair<uint64_t, std::string>> unused;
    for (const auto& [name, entry] : table_) {
      if (!used.contains(name)) {
        unused.emplace_back(entry.order, name);
      }
    }
    std::sort(unused.begin(), unused.end());  // the oldest first
    unused.resize(unused.size() - std::min(keep, unused.size()));
    for (auto& [order, name] : unused) {
      const auto entry = table_.find(name);
      if (victims.size() < at_most && Clock::now() - entry->second.given >= options_.grace) {
        table_.erase(entry);
        victims.push_back(std::move(name));
      }
    }
  }
  for (const std::string& name : victims) {
    (void)::unlink(PathOf(name).c_str());  // what stays is met again at the next start
  }
  return victims.size();
}

absl::Status Pins::Use(std::string_view container_id, std::string_view path) {
  const std::string name(NameOf(path));
  {
    const std::lock_guard lock(mu_);
    const auto entry = table_.find(name);
    if (entry == table_.end()) {
      return absl::NotFoundError(AbslView(StrCat(path, ": is no pinned profile")));
    }
    entry->second.given = Clock::now();
  }
  return uses_.Add(container_id, name);
}

void Pins::Collect(const std::vector<std::string>& live_container_ids, size_t keep) {
  uses_.KeepOnly({live_container_ids.begin(), live_container_ids.end()}, options_.grace);
  const std::lock_guard lock(files_mu_);
  RemoveUnused(keep, std::numeric_limits<size_t>::max());
}

size_t Pins::count() const {
  const std::lock_guard lock(mu_);
  return table_.size();
}

}  // namespace sekisho::seccomp
