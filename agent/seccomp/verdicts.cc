#include "seccomp/verdicts.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/str_cat.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

// A number that has no name, close above those that have one: where the kernel's next calls will
// be. (ARM's private calls, far above, are left aside.)
uint32_t UnknownNumber(std::span<const Syscall> calls) {
  constexpr int kTableMax = 2048;
  int first = calls.front().number;
  for (const Syscall& call : calls) {
    first = std::min(first, call.number);
  }
  int last = first;
  for (const Syscall& call : calls) {
    if (call.number < first + kTableMax) {
      last = std::max(last, call.number);
    }
  }
  return static_cast<uint32_t>(last + 1);
}

// What becomes of calls on architectures that the filter does not have. libseccomp's
// SCMP_FLTATR_ACT_BADARCH, which runc leaves as it is.
const Outcomes& BadArchitecture() {
  static const Outcomes kOutcomes = {{.when = {}, .action = Action::kKillThread}};
  return kOutcomes;
}

bool AllMayExecute(const Outcomes& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& outcome) { return MayExecute(outcome.action); });
}

bool NoneMayExecute(const Outcomes& outcomes) {
  return std::none_of(outcomes.begin(), outcomes.end(),
                      [](const Outcome& outcome) { return MayExecute(outcome.action); });
}

// Those of the outcomes that calls with `kind` as the first argument can have.
absl::StatusOr<Outcomes> OfKind(const Outcomes& outcomes, uint32_t kind) {
  Outcomes of_kind;
  for (const Outcome& outcome : outcomes) {
    WordTests when = outcome.when;
    when.push_back({.word = 0, .op = WordTest::Op::kEq, .value = kind});
    const absl::StatusOr<std::optional<Arguments>> example = Satisfy(when);
    if (!example.ok()) {
      return example.status();
    }
    if (example->has_value()) {
      of_kind.push_back(outcome);
    }
  }
  return of_kind;
}

}  // namespace

absl::StatusOr<Verdicts> Verdicts::Of(const Filter& filter) {
  if (absl::Status status = CheckProgram(filter.program); !status.ok()) {
    return status;
  }
  Verdicts verdicts;
  verdicts.architectures_ = filter.architectures;
  for (const Arch& arch : filter.architectures) {
    const std::span<const Syscall> calls = SyscallsOf(arch);
    if (calls.empty()) {
      return absl::InvalidArgumentError(
          base::StrCat("no system calls of architecture ", arch.name, " are known"));
    }
    std::vector<uint32_t> numbers;
    numbers.reserve(calls.size() + 1);
    for (const Syscall& call : calls) {
      numbers.push_back(static_cast<uint32_t>(call.number));
    }
    numbers.push_back(UnknownNumber(calls));
    absl::StatusOr<std::vector<Outcomes>> explored =
        Explore(filter.program, KernelToken(arch), numbers);
    if (!explored.ok()) {
      return absl::Status(explored.status().code(),
                          base::StrCat(arch.name, ": ", explored.status().message()));
    }
    OfArch& of_arch = verdicts.by_token_[arch.token];
    of_arch.unknown = std::move(explored->back());
    for (size_t i = 0; i < calls.size(); ++i) {
      of_arch.by_name.emplace_hint(of_arch.by_name.end(), calls[i].name, std::move((*explored)[i]));
    }
    if (absl::Status status = AddMultiplexed(arch, of_arch); !status.ok()) {
      return status;
    }
  }
  return verdicts;
}

absl::Status Verdicts::AddMultiplexed(const Arch& arch, OfArch& of_arch) {
  for (const MultiplexedSyscall& call : MultiplexedSyscallsOf(arch)) {
    if (of_arch.by_name.find(call.name) != of_arch.by_name.end()) {
      continue;
    }
    absl::StatusOr<Outcomes> outcomes = OfKind(of_arch.by_name.at(call.through), call.kind);
    if (!outcomes.ok()) {
      return outcomes.status();
    }
    of_arch.by_name.emplace(call.name, *std::move(outcomes));
  }
  return absl::OkStatus();
}

const Verdicts::OfArch* Verdicts::Find(const Arch& arch) const {
  const auto found = by_token_.find(arch.token);
  return found == by_token_.end() ? nullptr : &found->second;
}

const std::vector<Arch>& Verdicts::architectures() const {
  return architectures_;
}

const Outcomes& Verdicts::For(const Arch& arch, std::string_view syscall) const {
  const OfArch* of_arch = Find(arch);
  if (of_arch == nullptr) {
    return BadArchitecture();
  }
  const auto found = of_arch->by_name.find(syscall);
  return found == of_arch->by_name.end() ? of_arch->unknown : found->second;
}

const Outcomes& Verdicts::ForUnknown(const Arch& arch) const {
  const OfArch* of_arch = Find(arch);
  return of_arch == nullptr ? BadArchitecture() : of_arch->unknown;
}

namespace {

template <typename ByName, typename Wanted>
std::vector<std::string_view> Names(const ByName& by_name, const Wanted& wanted) {
  std::vector<std::string_view> names;
  for (const auto& [name, outcomes] : by_name) {
    if (wanted(outcomes)) {
      names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace

std::vector<std::string_view> Verdicts::Refused(const Arch& arch) const {
  const OfArch* of_arch = Find(arch);
  if (of_arch != nullptr) {
    return Names(of_arch->by_name, NoneMayExecute);
  }
  std::vector<std::string_view> all;
  for (const Syscall& call : SyscallsOf(arch)) {
    all.emplace_back(call.name);
  }
  return all;
}

std::vector<std::string_view> Verdicts::Conditional(const Arch& arch) const {
  const OfArch* of_arch = Find(arch);
  return of_arch == nullptr ? std::vector<std::string_view>()
                            : Names(of_arch->by_name, [](const Outcomes& outcomes) {
                                return !AllMayExecute(outcomes) && !NoneMayExecute(outcomes);
                              });
}

std::vector<std::string_view> Verdicts::Permitted(const Arch& arch) const {
  const OfArch* of_arch = Find(arch);
  return of_arch == nullptr ? std::vector<std::string_view>()
                            : Names(of_arch->by_name, AllMayExecute);
}

}  // namespace sekisho::seccomp
