// Who made which calls, as far as it could be told.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "record/attribution.h"
#include "record/audit_record.h"

namespace sekisho::record {

struct Call {
  uint32_t arch = 0;   // AUDIT_ARCH_…
  int64_t number = 0;  // as the record has it: x32's have bit 30 set

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 behind it for a pointer
  friend auto operator<=>(const Call&, const Call&) = default;
};

struct Tally {
  uint64_t records = 0;
  std::set<Call> calls = {};
  // Made by what calls itself runc's first process, on its way to the container's program. A
  // container that takes the name gets a tighter profile by it, and nothing else.
  std::set<Call> of_runc = {};
};

class Ledger {
 public:
  explicit Ledger(std::string proc = "/proc") : processes_(std::move(proc)) {}

  // Whose record it is has to be found out now, while its process lives.
  void Add(const SeccompRecord& record);

  // A fork, before the records of the child (attribution.h).
  void Forked(pid_t parent, pid_t child) { processes_.Forked(parent, child); }

  struct Sum {
    std::map<std::string, uint64_t> records_of = {};  // each id that was asked about
    Tally recorded = {};
    Tally unknown = {};      // of processes that could not be told
    uint64_t elsewhere = 0;  // records of the node and of other containers
  };
  // With the calls of these containers, and of those that run inside them, for recorded.
  Sum Of(const std::vector<std::string>& container_ids) const;

 private:
  Attribution processes_;
  std::map<Attribution::Containers, Tally> by_place_;
  Tally unknown_;
};

}  // namespace sekisho::record
