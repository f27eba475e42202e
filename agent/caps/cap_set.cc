#include "caps/cap_set.h"

#include <cap-ng.h>

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "base/str_cat.h"
#include "base/str_join.h"

namespace sekisho::caps {

std::optional<int> NumberOf(std::string_view name) {
  // libcap-ng takes any case; ours is exact, so that one capability has one spelling here.
  if (name.empty() || name != absl::AsciiStrToUpper(base::AbslView(name))) {
    return std::nullopt;
  }
  const int number = capng_name_to_capability(absl::AsciiStrToLower(base::AbslView(name)).c_str());
  return number < 0 ? std::nullopt : std::optional(number);
}

CapSet CapSet::Of(std::initializer_list<std::string_view> names) {
  CapSet set;
  for (const std::string_view name : names) {
    const std::optional<int> number = NumberOf(name);
    if (!number.has_value()) {
      std::abort();
    }
    set = set.With(*number);
  }
  return set;
}

CapSet CapSet::All() {
  static const CapSet kAll = [] {
    CapSet set;
    for (int number = 0;
         number < 64 && capng_capability_to_name(static_cast<unsigned>(number)) != nullptr;
         ++number) {
      set = set.With(number);
    }
    return set;
  }();
  return kAll;
}

std::vector<std::string> CapSet::Names() const {
  std::vector<std::string> names;
  for (int number = 0; number < 64; ++number) {
    if (Has(number)) {
      const char* name = capng_capability_to_name(static_cast<unsigned>(number));
      names.push_back(name == nullptr ? std::to_string(number) : absl::AsciiStrToUpper(name));
    }
  }
  return names;
}

std::string CapSet::ToString() const {
  return empty() ? "none" : base::StrJoin(Names(), " ");
}

}  // namespace sekisho::caps
