#include "record/serials.h"

namespace sekisho::record {

void Serials::Saw(uint32_t serial) {
  if (!any_) {
    any_ = true;
    last_ = serial;
    return;
  }
  if (serial <= last_) {
    // Late, or one more record of the same event. One from before the first is not ours to count.
    gaps_.erase(serial);
    return;
  }
  const uint32_t skipped = serial - last_ - 1;
  if (gaps_.size() + skipped > kGapsMax) {
    forgotten_ += skipped;
  } else {
    for (uint32_t gap = last_ + 1; gap < serial; ++gap) {
      gaps_.insert(gaps_.end(), gap);
    }
  }
  last_ = serial;
}

}  // namespace sekisho::record
