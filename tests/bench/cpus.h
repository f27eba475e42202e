// Which CPU runs what.
#pragma once

#include <sched.h>

namespace sekisho::bench {

// The caller and the runtime on one CPU, what lies between them on another. Left alone, the
// scheduler puts them together or apart as it likes, for a second or for minutes, and the
// difference is larger than all that is to be measured.
class Cpus {
 public:
  // Without `pin`, or where there is one CPU only, nothing is done.
  explicit Cpus(bool pin);
  ~Cpus();  // as it was before
  Cpus(const Cpus&) = delete;
  Cpus& operator=(const Cpus&) = delete;

  // This thread from now on, and every process that it starts from now on.
  void UseFirst() const { Use(first_); }
  void UseSecond() const { Use(second_); }

 private:
  void Use(int cpu) const;

  cpu_set_t before_;
  int first_ = -1;
  int second_ = -1;
};

}  // namespace sekisho::bench
