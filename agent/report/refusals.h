// The requests that were refused last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "report/workload.h"

namespace sekisho::report {

class Refusals {
 public:
  static constexpr size_t kShown = 100;
  static constexpr size_t kKept = 2000;  // before the oldest half is forgotten

  void Add(const audit::Line& line);  // that is a refusal

  std::string Html() const;
  size_t size() const { return groups_.size(); }

 private:
  // A container that is refused is asked for again and again: alike is one row.
  using Key = std::tuple<Workload, std::string, std::string>;  // method, why
  struct Group {
    uint64_t count = 0;
    std::chrono::system_clock::time_point last;
    std::string pod;
    std::string error_id;
  };

  void ForgetOldest();

  std::map<Key, Group> groups_;
  uint64_t forgotten_ = 0;  // refusals
};

}  // namespace sekisho::report
