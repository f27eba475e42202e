// A mount table as the kernel shows it, in which a pod's own mounts have names of the pod's choice.
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "fuzz/target.h"
#include "mounts/mount_table.h"

namespace sekisho::testing {
namespace {

using mounts::Mount;
using mounts::MountTable;

std::string Escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    switch (c) {
      case ' ':
        text += "\\040";
        break;
      case '\t':
        text += "\\011";
        break;
      case '\n':
        text += "\\012";
        break;
      case '\\':
        text += "\\134";
        break;
      default:
        text += c;
    }
  }
  return text;
}

// As the kernel writes it.
std::string Written(const MountTable& table) {
  std::string text;
  for (const Mount& mount : table.mounts()) {
    text += base::StrCat("21 1 ", mount.device, " ", Escaped(mount.root),
                         mount.deleted ? "//deleted" : "", " ", Escaped(mount.mount_point),
                         " rw,relatime shared:7 - ", mount.fs_type, " none rw\n");
  }
  return text;
}

bool IsBeginningOf(std::string_view top, std::string_view path) {
  return path.starts_with(top);
}

std::string BrokenLookUps(const MountTable& table, const Mount& mount) {
  const Mount* const at = table.At(mount.mount_point);
  if (at == nullptr || at->mount_point != mount.mount_point || at < &mount) {
    return "what is mounted is not found where it is";
  }
  const std::string below = mount.mount_point + "/x";
  const Mount* const holding = table.Holding(below);
  if (holding != nullptr && !IsBeginningOf(holding->mount_point, below)) {
    return "a path lies on a mount that is not above it";
  }
  const Mount* const between = table.Between("/", below);
  if (between != nullptr &&
      (between->mount_point == below || !IsBeginningOf(between->mount_point, below))) {
    return "a mount is not on the way";
  }
  for (const char* const ignored : {"", "/", "/var/lib/kubelet"}) {
    if (table.SourceOf(mount, ignored).empty()) {
      return "a mount is of nothing";
    }
  }
  return {};
}

FuzzResult CheckMountinfo(std::string_view bytes) {
  const std::optional<MountTable> table = MountTable::Parse(bytes);
  if (!table.has_value()) {
    return {};
  }
  FuzzResult result{.accepted = true};
  const std::optional<MountTable> again = MountTable::Parse(Written(*table));
  if (!again.has_value() || again->mounts() != table->mounts()) {
    result.broken = "written as the kernel does, it is another table";
  }
  for (const Mount& mount : table->mounts()) {
    if (result.broken.empty()) {
      result.broken = BrokenLookUps(*table, mount);
    }
  }
  return result;
}

const RegisterFuzzTarget kMountinfo("mountinfo", CheckMountinfo);

}  // namespace
}  // namespace sekisho::testing
