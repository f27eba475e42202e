// What was refused last.
#pragma once

#include "admin/text_layout.h"
#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

// A row each: when, who, how often, and what the kubelet got. Where the terminal is too narrow for
// that, or a name too long, the text stands below the rest.
void PutRefusals(const sekisho::v1::GetStatusResponse& status, TextLayout& out);

}  // namespace sekisho::admin
