// Where audit records go.
#pragma once

#include <cstdint>

#include "audit/record.h"

namespace sekisho::audit {

// What became of the records so far.
struct SinkStats {
  uint64_t written = 0;
  uint64_t lost = 0;       // queue full, or the disk refused
  std::string last_error;  // "No space left on device"; empty when the last write went well
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Never blocks and never fails towards the caller: a full disk must not stop the node from
  // deciding. What could not be written is counted, and said in the log once it can be.
  virtual void Write(Record record) = 0;
  virtual SinkStats stats() const = 0;
};

}  // namespace sekisho::audit
