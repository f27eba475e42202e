#include "mounts/mount_table.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/str_cat.h"
#include "mounts/paths.h"

namespace sekisho::mounts {
namespace {

// Some 100,000 mounts; a node with a hundred pods has a few thousand.
constexpr size_t kBytesMax = size_t{16} << 20;

// The kernel's dentry_path() puts this behind the path of what was removed while mounted. No file's
// name can do so: it has slashes in it.
constexpr std::string_view kDeleted = "//deleted";

// Fields are separated by one blank each; a field may be empty (a mount without a source).
std::optional<std::string_view> TakeField(std::string_view& line) {
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view field = line.substr(0, blank);
  line.remove_prefix(blank + 1);
  return field;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsDevice(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && IsDigits(text.substr(0, colon)) &&
         IsDigits(text.substr(colon + 1));
}

// The kernel writes blank, tab, newline and backslash as a backslash and three octal digits.
std::optional<std::string> Unescape(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const size_t backslash = text.find('\\');
    plain.append(text.substr(0, backslash));
    if (backslash == std::string_view::npos) {
      break;
    }
    const std::string_view digits = text.substr(backslash + 1, 3);
    if (digits.size() != 3 || digits[0] > '3' ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '7'; })) {
      return std::nullopt;
    }
    const int value = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');
    if (value == 0) {
      return std::nullopt;  // no path has a NUL in it
    }
    plain.push_back(static_cast<char>(value));
    text.remove_prefix(backslash + 4);
  }
  return plain;
}

// "<id> <parent> <major:minor> <root> <mount point> <options> [<tag>…] - <type> <source> <options>"
std::optional<Mount> ParseLine(std::string_view line) {
  const auto id = TakeField(line);
  const auto parent = TakeField(line);
  const auto device = TakeField(line);
  const auto root = TakeField(line);
  const auto mount_point = TakeField(line);
  auto tag = TakeField(line);  // the options; their end is all that matters
  while (tag.has_value() && *tag != "-") {
    tag = TakeField(line);
  }
  const auto fs_type = TakeField(line);
  if (!tag.has_value() || !fs_type.has_value() || fs_type->empty() || !IsDigits(*id) ||
      !IsDigits(*parent) || !IsDevice(*device) || root->empty() || !mount_point->starts_with('/')) {
    return std::nullopt;
  }
  std::optional<std::string> plain_root = Unescape(*root);
  std::optional<std::string> plain_mount_point = Unescape(*mount_point);
  if (!plain_root.has_value() || !plain_mount_point.has_value()) {
    return std::nullopt;
  }
  Mount mount{.device = std::string(*device),
              .root = std::move(*plain_root),
              .mount_point = std::move(*plain_mount_point),
              .fs_type = std::string(*fs_type)};
  if (mount.root.ends_with(kDeleted)) {
    mount.deleted = true;
    mount.root.resize(mount.root.size() - kDeleted.size());
  }
  return mount;
}

}  // namespace

std::optional<MountTable> MountTable::Parse(std::string_view mountinfo) {
  if (mountinfo.empty() || mountinfo.back() != '\n') {
    return std::nullopt;
  }
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    const size_t newline = mountinfo.find('\n');
    std::optional<Mount> mount = ParseLine(mountinfo.substr(0, newline));
    if (!mount.has_value()) {
      return std::nullopt;
    }
    mounts.push_back(std::move(*mount));
    mountinfo.remove_prefix(newline + 1);
  }
  return MountTable(std::move(mounts));
}

std::optional<MountTable> MountTable::ReadFirst(std::span<const std::string> files) {
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> text = base::ReadFile(file, kBytesMax);
    if (!text.ok()) {
      continue;
    }
    if (std::optional<MountTable> table = Parse(*text); table.has_value()) {
      return table;
    }
  }
  return std::nullopt;
}

const Mount* MountTable::At(std::string_view path) const {
  const auto last = std::find_if(mounts_.rbegin(), mounts_.rend(),
                                 [path](const Mount& mount) { return mount.mount_point == path; });
  return last == mounts_.rend() ? nullptr : &*last;
}

const Mount* MountTable::Holding(std::string_view path) const {
  const Mount* holding = nullptr;
  for (const Mount& mount : mounts_) {
    if (IsAtOrBelow(path, mount.mount_point) &&
        (holding == nullptr || mount.mount_point.size() >= holding->mount_point.size())) {
      holding = &mount;
    }
  }
  return holding;
}

const Mount* MountTable::Between(std::string_view top, std::string_view path) const {
  const auto found = std::ranges::find_if(mounts_, [&](const Mount& mount) {
    return mount.mount_point != path && IsAtOrBelow(path, mount.mount_point) &&
           IsAtOrBelow(mount.mount_point, top);
  });
  return found == mounts_.end() ? nullptr : &*found;
}

std::string MountTable::SourceOf(const Mount& mount, std::string_view ignored) const {
  const Mount* best = nullptr;
  for (const Mount& other : mounts_) {
    if (other.device == mount.device && !other.deleted && IsAtOrBelow(mount.root, other.root) &&
        other.mount_point != mount.mount_point && !IsAtOrBelow(other.mount_point, ignored) &&
        (best == nullptr || other.root.size() < best->root.size())) {
      best = &other;
    }
  }
  if (best == nullptr) {
    return base::StrCat(mount.device, ":", mount.root);
  }
  return Join(best->mount_point, RelativeTo(mount.root, best->root));
}

}  // namespace sekisho::mounts
