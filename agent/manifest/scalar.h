// What a scalar of YAML is once it has become JSON, as it does on its way to the API server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/fields.h"

namespace sekisho::manifest {

// Plain text that is a boolean, or a number, by YAML 1.2's core schema. Quoted text never is.
bool IsBool(const yaml::YamlNode& node);
bool IsTrue(const yaml::YamlNode& boolean);
bool IsNumber(const yaml::YamlNode& node);

// Report a value that is something else, and give nothing.
std::optional<std::string> ToText(const Value& value, Report& report);
std::optional<int64_t> ToInteger(const Value& value, Report& report, int64_t least, int64_t most);
void ReportWrongType(const Value& value, Report& report, std::string_view wanted,
                     std::string fix = {});

// Whether the name can be one element of a path: a DNS label, as the API demands of the names of
// containers and volumes.
bool IsDnsLabel(std::string_view name);

}  // namespace sekisho::manifest
