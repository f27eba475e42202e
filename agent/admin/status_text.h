// The status for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

// At most `columns` wide where words can be broken; `colour`: with SGR sequences. Whatever a pod is
// called, it adds no line and steers no terminal.
std::string ToText(const sekisho::v1::GetStatusResponse& status, size_t columns, bool colour);
// One JSON object on one line; keys as in admin.proto in lowerCamelCase. A time loses its Ms and is
// RFC 3339, or null for never. A part that is absent is null, so that every key is always there.
std::string ToJson(const sekisho::v1::GetStatusResponse& status);

}  // namespace sekisho::admin
