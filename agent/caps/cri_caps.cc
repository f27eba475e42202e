#include "caps/cri_caps.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/str_cat.h"

namespace sekisho::caps {
namespace {

bool HasPlain(const std::vector<std::string>& names, std::string_view canonical) {
  return std::ranges::any_of(
      names, [canonical](const std::string& name) { return IsPlainNameOf(name, canonical); });
}

void EraseEverySpelling(std::vector<std::string>& names, std::string_view canonical) {
  std::erase_if(names,
                [canonical](const std::string& name) { return CanonicalName(name) == canonical; });
}

}  // namespace

std::string CanonicalName(std::string_view name) {
  const std::string upper = absl::AsciiStrToUpper(base::AbslView(name));
  return upper.starts_with("CAP_") ? upper.substr(4) : upper;
}

bool IsPlainNameOf(std::string_view name, std::string_view canonical) {
  return absl::EqualsIgnoreCase(base::AbslView(name), base::AbslView(canonical));
}

CapSet RuntimeDefaultSet() {
  static const CapSet kSet = CapSet::Of({"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD",
                                         "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
                                         "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"});
  return kSet;
}

CapSet EffectiveFromCri(const std::vector<std::string>& add, const std::vector<std::string>& drop,
                        CapSet all) {
  CapSet set = RuntimeDefaultSet();
  if (HasPlain(add, "ALL")) {
    set = all;
  }
  if (HasPlain(drop, "ALL")) {
    set = CapSet();
  }
  for (const std::string& name : add) {
    if (const std::optional<int> number = NumberOf(absl::AsciiStrToUpper(name))) {
      set = set.With(*number);
    }
  }
  for (const std::string& name : drop) {
    if (const std::optional<int> number = NumberOf(absl::AsciiStrToUpper(name))) {
      set = set.Without(*number);
    }
  }
  return set;
}

Lists WithDropped(Lists lists, std::string_view name) {
  EraseEverySpelling(lists.add, name);
  EraseEverySpelling(lists.ambient, name);
  // With ALL dropped and no spelling of it added back, it is gone already.
  if (!HasPlain(lists.drop, name) && !HasPlain(lists.drop, "ALL")) {
    lists.drop.emplace_back(name);
  }
  return lists;
}

}  // namespace sekisho::caps
