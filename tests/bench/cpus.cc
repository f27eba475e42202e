#include "bench/cpus.h"

namespace sekisho::bench {

Cpus::Cpus(bool pin) {
  CPU_ZERO(&before_);
  if (!pin || ::sched_getaffinity(0, sizeof(before_), &before_) != 0) {
    return;
  }
  for (int cpu = 0; cpu < CPU_SETSIZE && second_ < 0; ++cpu) {
    if (CPU_ISSET(cpu, &before_)) {
      (first_ < 0 ? first_ : second_) = cpu;
    }
  }
}

Cpus::~Cpus() {
  if (second_ >= 0) {
    (void)::sched_setaffinity(0, sizeof(before_), &before_);
  }
}

void Cpus::Use(int cpu) const {
  if (second_ >= 0) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    (void)::sched_setaffinity(0, sizeof(only), &only);
  }
}

}  // namespace sekisho::bench
