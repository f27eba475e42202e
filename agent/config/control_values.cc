#include "config/control_values.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/nearest_name.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "config/policy_values.h"
#include "policy/volume_types.h"

namespace sekisho::config {
namespace {

using base::StrCat;
using policy::IdRange;
using policy::IdRule;

template <typename T, auto kMember, auto kParse>
constexpr Field<T> Required(std::string_view name) {
  return {name, "", "", "", &ReadLeaf<T, kMember, kParse>, true, nullptr};
}
template <typename T, auto kMember, auto kParse>
constexpr Field<T> Optional(std::string_view name) {
  return {name, "", "", "", &ReadLeaf<T, kMember, kParse>, false, nullptr};
}

// A list of mappings, each read by the table.
template <typename T, const auto& kTable>
std::optional<std::vector<T>> ReadEach(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<T> list(elements->size());
  for (size_t i = 0; i < list.size(); ++i) {
    ReadMapping((*elements)[i], reader, kTable, list[i]);
  }
  return list;
}

// To PodSecurityPolicy such a list, when it is empty, allows everything; to a reader nothing.
template <typename T>
std::optional<std::vector<T>> NotEmpty(std::optional<std::vector<T>> list, const Value& value,
                                       Reader& reader) {
  if (list.has_value() && list->empty()) {
    reader.Error(value, "is an empty list",
                 "leave the key out to allow all of them, or leave their type out of volumes");
    return std::nullopt;
  }
  return list;
}

// --- numbers -------------------------------------------------------------------------------------
template <int64_t kMost>
std::optional<int64_t> ReadUpTo(const Value& value, Reader& reader) {
  return ReadInteger(value, reader, 0, kMost);
}
template <int64_t kMost>
constexpr std::array<Field<IdRange>, 2> kRange = {
    Required<IdRange, &IdRange::min, ReadUpTo<kMost>>("min"),
    Required<IdRange, &IdRange::max, ReadUpTo<kMost>>("max"),
};

template <int64_t kMost>
std::optional<std::vector<IdRange>> ReadRanges(const Value& value, Reader& reader) {
  const size_t errors_before = reader.ErrorCount();
  std::optional<std::vector<IdRange>> ranges = ReadEach<IdRange, kRange<kMost>>(value, reader);
  if (reader.ErrorCount() > errors_before) {
    return std::nullopt;
  }
  for (size_t i = 0; ranges.has_value() && i < ranges->size(); ++i) {
    if ((*ranges)[i].min > (*ranges)[i].max) {
      reader.Error(value.node->items[i].where, StrCat(value.key, "[", i, "]"),
                   "no number lies in this range", "write the smaller one as min");
    }
  }
  return ranges;
}

// --- rules over ids ------------------------------------------------------------------------------
struct IdRuleFile {
  std::string rule;
  std::optional<std::vector<IdRange>> ranges;
};

constexpr std::array<std::string_view, 3> kUserRules = {"MustRunAs", "MustRunAsNonRoot",
                                                        "RunAsAny"};
constexpr std::array<std::string_view, 3> kGroupRules = {"MustRunAs", "MayRunAs", "RunAsAny"};

template <const auto& kNames>
std::optional<std::string> ReadOneOf(const Value& value, Reader& reader) {
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  return index.has_value() ? std::optional(std::string(kNames[*index])) : std::nullopt;
}
template <const auto& kNames>
constexpr std::array<Field<IdRuleFile>, 2> kIdRule = {
    Required<IdRuleFile, &IdRuleFile::rule, ReadOneOf<kNames>>("rule"),
    Optional<IdRuleFile, &IdRuleFile::ranges, ReadIdRanges>("ranges"),
};

template <const auto& kNames>
std::optional<IdRule> ReadIdRule(const Value& value, Reader& reader) {
  IdRuleFile file;
  ReadMapping(value, reader, kIdRule<kNames>, file);
  if (file.rule.empty()) {
    return std::nullopt;  // reported
  }
  const bool ranged = file.rule == "MustRunAs" || file.rule == "MayRunAs";
  if (ranged && (!file.ranges.has_value() || file.ranges->empty())) {
    if (reader.Find(ChildKey(value.key, "ranges")).line == 0 || file.ranges.has_value()) {
      reader.Error(value, StrCat(file.rule, " needs ranges"), "write ranges: [{min: …, max: …}]");
    }
    return std::nullopt;
  }
  if (!ranged && file.ranges.has_value() && !file.ranges->empty()) {
    reader.Error(value, StrCat("ranges mean nothing beside ", file.rule),
                 "leave them out, or write MustRunAs");
    return std::nullopt;
  }
  if (file.rule == "RunAsAny") {
    return std::nullopt;
  }
  const IdRule::Kind kind = file.rule == "MustRunAs"  ? IdRule::Kind::kMustRunAs
                            : file.rule == "MayRunAs" ? IdRule::Kind::kMayRunAs
                                                      : IdRule::Kind::kMustRunAsNonRoot;
  return IdRule{kind, ranged ? *std::move(file.ranges) : std::vector<IdRange>()};
}

// --- names ---------------------------------------------------------------------------------------
template <const auto& kNames>
std::optional<std::vector<std::string>> ReadNames(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Value& element : *elements) {
    if (std::optional<std::string> name = ReadOneOf<kNames>(element, reader)) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// A sysctl's name as the kernel or Kubernetes writes it, and perhaps "*" at the end.
bool IsSysctlPattern(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  }
  return std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._-/").find(c) != std::string_view::npos;
  });
}

struct SELinuxRuleFile {
  std::string rule;
  std::optional<policy::SELinuxOptions> options;
};
using policy::SELinuxOptions;
constexpr std::array<Field<SELinuxOptions>, 4> kSELinuxOptions = {
    Optional<SELinuxOptions, &SELinuxOptions::user, ReadText>("user"),
    Optional<SELinuxOptions, &SELinuxOptions::role, ReadText>("role"),
    Optional<SELinuxOptions, &SELinuxOptions::type, ReadText>("type"),
    Optional<SELinuxOptions, &SELinuxOptions::level, ReadText>("level"),
};
std::optional<SELinuxOptions> ReadSELinuxOptions(const Value& value, Reader& reader) {
  SELinuxOptions options;
  ReadMapping(value, reader, kSELinuxOptions, options);
  return options;
}
constexpr std::array<std::string_view, 2> kSELinuxRules = {"MustRunAs", "RunAsAny"};
constexpr std::array<Field<SELinuxRuleFile>, 2> kSELinuxRule = {
    Required<SELinuxRuleFile, &SELinuxRuleFile::rule, ReadOneOf<kSELinuxRules>>("rule"),
    Optional<SELinuxRuleFile, &SELinuxRuleFile::options, ReadSELinuxOptions>("seLinuxOptions"),
};

using policy::AllowedHostPath;
constexpr std::array<Field<AllowedHostPath>, 2> kHostPath = {
    Required<AllowedHostPath, &AllowedHostPath::path_prefix, ReadPath>("pathPrefix"),
    Optional<AllowedHostPath, &AllowedHostPath::read_only, ReadBool>("readOnly"),
};

struct Named {
  std::string name;
};
constexpr std::array<Field<Named>, 1> kFlexDriver = {
    Required<Named, &Named::name, ReadText>("driver")};
constexpr std::array<Field<Named>, 1> kCsiDriver = {
    Required<Named, &Named::name, ReadText>("name")};

template <const auto& kTable>
std::optional<std::vector<std::string>> ReadDrivers(const Value& value, Reader& reader) {
  const std::optional<std::vector<Named>> drivers =
      NotEmpty(ReadEach<Named, kTable>(value, reader), value, reader);
  if (!drivers.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  std::ranges::transform(*drivers, std::back_inserter(names), &Named::name);
  return names;
}

}  // namespace

std::optional<bool> ReadForbidden(const Value& value, Reader& reader) {
  const std::optional<bool> allowed = ReadBool(value, reader);
  return allowed.has_value() ? std::optional(!*allowed) : std::nullopt;
}

std::optional<std::vector<IdRange>> ReadPortRanges(const Value& value, Reader& reader) {
  return ReadRanges<UINT16_MAX>(value, reader);
}
std::optional<std::vector<IdRange>> ReadIdRanges(const Value& value, Reader& reader) {
  return ReadRanges<INT32_MAX>(value, reader);
}

std::optional<IdRule> ReadUserRule(const Value& value, Reader& reader) {
  return ReadIdRule<kUserRules>(value, reader);
}
std::optional<IdRule> ReadGroupRule(const Value& value, Reader& reader) {
  return ReadIdRule<kGroupRules>(value, reader);
}

std::optional<std::vector<std::string>> ReadVolumeTypes(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string_view> known(policy::VolumeTypes().begin(), policy::VolumeTypes().end());
  known.insert(known.end(), {"*", "cephFS"});
  std::vector<std::string> types;
  for (const Value& element : *elements) {
    if (const std::optional<size_t> index = ReadName(element, reader, known)) {
      // PodSecurityPolicy spells this one otherwise than pods do.
      types.emplace_back(known[*index] == "cephFS" ? "cephfs" : known[*index]);
    }
  }
  if (Has(types, "ephemeral") && !Has(types, "persistentVolumeClaim") && !Has(types, "*")) {
    reader.Error(value, "ephemeral volumes look like any other claim to a node",
                 "add persistentVolumeClaim, or leave ephemeral out");
  }
  return types;
}

std::optional<std::vector<AllowedHostPath>> ReadAllowedHostPaths(const Value& value,
                                                                 Reader& reader) {
  return NotEmpty(ReadEach<AllowedHostPath, kHostPath>(value, reader), value, reader);
}
std::optional<std::vector<std::string>> ReadFlexDrivers(const Value& value, Reader& reader) {
  return ReadDrivers<kFlexDriver>(value, reader);
}
std::optional<std::vector<std::string>> ReadCsiDrivers(const Value& value, Reader& reader) {
  return ReadDrivers<kCsiDriver>(value, reader);
}

std::optional<std::vector<std::string>> ReadAllowedCapabilities(const Value& value,
                                                                Reader& reader) {
  return ReadCapabilities(value, reader, CapabilityWords::kWithAny);
}
std::optional<std::vector<std::string>> ReadDefaultCapabilities(const Value& value,
                                                                Reader& reader) {
  return ReadCapabilities(value, reader, CapabilityWords::kWithoutAll);
}

std::optional<SELinuxOptions> ReadSELinuxRule(const Value& value, Reader& reader) {
  SELinuxRuleFile file;
  ReadMapping(value, reader, kSELinuxRule, file);
  if (file.rule == "MustRunAs" && !file.options.has_value()) {
    if (reader.Find(ChildKey(value.key, "seLinuxOptions")).line == 0) {
      reader.Error(value, "MustRunAs needs seLinuxOptions",
                   "write seLinuxOptions: {type: …, level: …}");
    }
    return std::nullopt;
  }
  if (file.rule == "RunAsAny" && file.options.has_value()) {
    reader.Error(value, "seLinuxOptions mean nothing beside RunAsAny",
                 "leave them out, or write MustRunAs");
  }
  return file.rule == "MustRunAs" ? file.options : std::nullopt;
}

std::optional<std::vector<std::string>> ReadProcMountTypes(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kTypes = {"Default", "Unmasked"};
  std::optional<std::vector<std::string>> types = ReadNames<kTypes>(value, reader);
  if (types.has_value() && Has(*types, "Unmasked") && !Has(*types, "Default")) {
    reader.Error(value, "Default cannot be forbidden", "add Default");
  }
  return types;
}

std::optional<std::vector<std::string>> ReadSysctls(const Value& value, Reader& reader) {
  const std::optional<std::vector<Value>> elements = ReadList(value, reader);
  if (!elements.has_value()) {
    return std::nullopt;
  }
  std::vector<std::string> patterns;
  for (const Value& element : *elements) {
    std::optional<std::string> pattern = ReadText(element, reader);
    if (!pattern.has_value()) {
      continue;
    }
    if (!IsSysctlPattern(*pattern)) {
      reader.Error(element, StrCat("\"", *pattern, "\" can match no sysctl"),
                   "write a name such as net.core.somaxconn, or kernel.shm*");
      continue;
    }
    patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

std::optional<bool> ReadGroupsPolicy(const Value& value, Reader& reader) {
  static constexpr std::array<std::string_view, 2> kNames = {"Merge", "Strict"};
  const std::optional<size_t> index = ReadName(value, reader, kNames);
  return index.has_value() ? std::optional(*index == 1) : std::nullopt;
}

}  // namespace sekisho::config
