// Readers for the values that only controls have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/yaml_reader.h"
#include "policy/controls.h"

namespace sekisho::config {

// `false` forbids; `true` is PodSecurityPolicy's word for "not controlled".
std::optional<bool> ReadForbidden(const Value& value, Reader& reader);

// Lists of {min, max}.
std::optional<std::vector<policy::IdRange>> ReadPortRanges(const Value& value, Reader& reader);
std::optional<std::vector<policy::IdRange>> ReadIdRanges(const Value& value, Reader& reader);

// {rule, ranges}. RunAsAny gives nothing.
std::optional<policy::IdRule> ReadUserRule(const Value& value, Reader& reader);
std::optional<policy::IdRule> ReadGroupRule(const Value& value, Reader& reader);

// Types of volumes, or "*".
std::optional<std::vector<std::string>> ReadVolumeTypes(const Value& value, Reader& reader);
// Lists of {pathPrefix, readOnly}, {driver} and {name}. None may be empty, since to
// PodSecurityPolicy an empty list allows everything.
std::optional<std::vector<policy::AllowedHostPath>> ReadAllowedHostPaths(const Value& value,
                                                                         Reader& reader);
std::optional<std::vector<std::string>> ReadFlexDrivers(const Value& value, Reader& reader);
std::optional<std::vector<std::string>> ReadCsiDrivers(const Value& value, Reader& reader);

// As ReadCapabilities: with "*", and without ALL.
std::optional<std::vector<std::string>> ReadAllowedCapabilities(const Value& value, Reader& reader);
std::optional<std::vector<std::string>> ReadDefaultCapabilities(const Value& value, Reader& reader);

// {rule, seLinuxOptions}. RunAsAny gives nothing.
std::optional<policy::SELinuxOptions> ReadSELinuxRule(const Value& value, Reader& reader);
std::optional<std::vector<std::string>> ReadProcMountTypes(const Value& value, Reader& reader);
// Names, or beginnings of names with "*" behind them.
std::optional<std::vector<std::string>> ReadSysctls(const Value& value, Reader& reader);
// Strict: true. Merge: false.
std::optional<bool> ReadGroupsPolicy(const Value& value, Reader& reader);

}  // namespace sekisho::config
