// Facts that stand inside another document.
#pragma once

#include "absl/status/status.h"
#include "audit/decided_facts.h"
#include "audit/json_tape.h"

namespace sekisho::audit {

// Reads the value at `cursor`, and moves behind it in any case.
absl::Status ReadDecidedFacts(JsonCursor& cursor, DecidedFacts& facts);

}  // namespace sekisho::audit
