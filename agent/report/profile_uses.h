// Which seccomp profiles containers ask for, and what the files among them permit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "audit/decided_facts.h"
#include "report/report.h"

namespace sekisho::report {

class ProfileUses {
 public:
  static constexpr size_t kFilesMax = 2000;  // told apart
  static constexpr size_t kShown = 100;

  void Add(const audit::DecidedFacts& facts);

  std::string Html() const;

 private:
  std::string AskedFor() const;
  std::string FilesTable() const;

  uint64_t containers_ = 0;                 // whose facts were kept
  std::array<uint64_t, 3> asked_for_ = {};  // RuntimeDefault, Localhost, Unconfined or nothing
  absl::flat_hash_map<std::string, ProfileUse> files_;  // by path
  uint64_t late_ = 0;                                   // uses of files beyond kFilesMax
};

}  // namespace sekisho::report
