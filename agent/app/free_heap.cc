#include "app/free_heap.h"

#include <malloc.h>

namespace sekisho::app {

bool FreeHeap::LookAround(Clock::time_point now) {
  if (last_.has_value() && now - *last_ < kInterval) {
    return false;
  }
  last_ = now;
  (void)::malloc_trim(0);
  return true;
}

}  // namespace sekisho::app
