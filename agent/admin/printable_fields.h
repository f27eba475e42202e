// Texts of a message made fit for protobuf, whose `string` holds UTF-8 and nothing else.
#pragma once

#include "sekisho/v1/admin.pb.h"

namespace sekisho::admin {

// Writes as \xNN what is no UTF-8 (and what would steer a terminal) in every text of `status`. A
// reader refuses a message with one such byte as a whole, so that a file name or an error text
// from elsewhere would take the whole status with it.
void MakePrintable(sekisho::v1::GetStatusResponse& status);

}  // namespace sekisho::admin
