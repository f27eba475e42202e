// One line of the log, whatever it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "audit/json_tape.h"
#include "audit/reader.h"

namespace sekisho::audit {

struct ParsedLine {
  Line line;                 // where `event` is empty
  std::string event;         // "records-lost"
  uint64_t event_count = 0;  // its "count"
};

// Keeps its memory from line to line. Not thread-safe.
class LineParser {
 public:
  // `json` is without the line feed. Without `with_facts` they are not even looked at.
  absl::StatusOr<ParsedLine> Parse(std::string_view json, bool with_facts);

 private:
  JsonTape tape_;
};

}  // namespace sekisho::audit
