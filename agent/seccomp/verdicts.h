// What a filter says to every system call, found by following every path through its instructions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "seccomp/explore.h"
#include "seccomp/filter.h"
#include "seccomp/word_tests.h"

namespace sekisho::seccomp {

class Verdicts {
 public:
  // Follows `filter`. Errors: those of Explore.
  static constexpr size_t kPathsMax = seccomp::kPathsMax;
  static absl::StatusOr<Verdicts> Of(const Filter& filter);

  // The architectures of the filter. On every other one each call is refused (For and ForUnknown
  // say so).
  const std::vector<Arch>& architectures() const;
  // Of a call that the architecture has by that name; of what ForUnknown answers for one that it
  // does not know. A call that goes through socketcall or ipc alone (32-bit x86's accept) is given
  // as that call's outcomes for its kind. One that has a number as well is given by its number, and
  // socketcall's outcomes are to be looked at too: libseccomp cannot test the arguments there, and
  // permits every call of the kind when it is told to permit some.
  // Outcomes with the same action and data that cover everything are merged into one.
  const Outcomes& For(const Arch& arch, std::string_view syscall) const;
  // Of a number that no rule names: what becomes of calls that this build does not know.
  const Outcomes& ForUnknown(const Arch& arch) const;

  // All calls of `arch` of which no / some / every case may be executed.
  std::vector<std::string_view> Refused(const Arch& arch) const;
  std::vector<std::string_view> Conditional(const Arch& arch) const;
  std::vector<std::string_view> Permitted(const Arch& arch) const;

 private:
  struct OfArch {
    std::map<std::string, Outcomes, std::less<>> by_name;
    Outcomes unknown;
  };

  static absl::Status AddMultiplexed(const Arch& arch, OfArch& of_arch);
  const OfArch* Find(const Arch& arch) const;

  std::vector<Arch> architectures_;
  std::map<uint32_t, OfArch> by_token_;
};

}  // namespace sekisho::seccomp
