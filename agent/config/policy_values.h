// Readers for the values that only policy files have.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/policy_file.h"
#include "config/yaml_reader.h"

namespace sekisho::config {

std::optional<policy::Level> ReadLevel(const Value& value, Reader& reader);
// latest, or v1.N. A version that this build does not know yet is judged as its newest, with a
// warning.
std::optional<policy::Version> ReadVersion(const Value& value, Reader& reader);
std::optional<policy::OnViolation> ReadOnViolation(const Value& value, Reader& reader,
                                                   policy::CheckGroup group);

// Which words a list of capabilities takes beside the kernel's names.
enum class CapabilityWords {
  kWithAll,     // ALL
  kWithAny,     // ALL, and "*" for any
  kWithoutAll,  // none
};
// Kernel names without CAP_, in upper case. May be empty: a rule that drops nothing.
std::optional<std::vector<std::string>> ReadCapabilities(const Value& value, Reader& reader,
                                                         CapabilityWords words);
// With ALL.
std::optional<std::vector<std::string>> ReadDroppedCapabilities(const Value& value, Reader& reader);

// A clean relative path. Whether the file exists is asked later, when the directory is known.
std::optional<ProfileName> ReadProfileName(const Value& value, Reader& reader);
// RuntimeDefault, deny, or {localhost: file}.
std::optional<UnconfinedFile> ReadUnconfined(const Value& value, Reader& reader);

// Patterns over object names; what no Kubernetes name can match is an error, since a rule that
// never applies is a hole. Sorted, without repetitions.
std::optional<std::vector<std::string>> ReadNamePatterns(const Value& value, Reader& reader);
std::optional<std::vector<std::string>> ReadPodPatterns(const Value& value, Reader& reader);
// Of PersistentVolumes.
std::optional<std::vector<std::string>> ReadVolumePatterns(const Value& value, Reader& reader);
std::optional<std::vector<std::string>> ReadRuntimeHandlers(const Value& value, Reader& reader);
std::optional<policy::PodSource> ReadSource(const Value& value, Reader& reader);

// YYYY-MM-DD, a real date: the last day on which it holds. Returns the midnight (UTC) that ends it.
std::optional<std::chrono::sys_seconds> ReadLastDay(const Value& value, Reader& reader);

}  // namespace sekisho::config
