#include "seccomp/compare.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "seccomp/runtime_default.h"
#include "seccomp/syscalls.h"

namespace sekisho::seccomp {
namespace {

// Pairs of paths that are looked at for one call. Every profile that somebody wrote for use has
// fewer than a hundred.
constexpr size_t kPairsMax = 1'000'000;
// Longer paths are told as they are; to find what they say twice would take too long.
constexpr size_t kTestsToShorten = 32;

bool Executes(const Outcome& outcome) {
  return MayExecute(outcome.action);
}

WordTests Both(const WordTests& a, const WordTests& b) {
  WordTests both = a;
  both.insert(both.end(), b.begin(), b.end());
  std::sort(both.begin(), both.end(), [](const WordTest& x, const WordTest& y) {
    return std::tuple(x.word, x.mask, x.op, x.value) < std::tuple(y.word, y.mask, y.op, y.value);
  });
  both.erase(std::unique(both.begin(), both.end()), both.end());
  return both;
}

// Leaves out what the other tests say already: the same class, in fewer words.
absl::StatusOr<WordTests> Shortened(WordTests tests) {
  if (tests.size() > kTestsToShorten) {
    return tests;
  }
  for (size_t i = tests.size(); i-- > 0;) {
    WordTests against = tests;
    against.at(i) = Negated(against.at(i));
    SEKISHO_ASSIGN_OR_RETURN(const std::optional<Arguments> outside, Satisfy(against));
    if (!outside.has_value()) {
      tests.erase(tests.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return tests;
}

// Compares the outcomes of one call.
class OneCall {
 public:
  OneCall(const Arch& arch, std::string_view syscall, std::vector<Excess>* excess)
      : arch_(arch), syscall_(syscall), excess_(excess) {}

  absl::Status Add(const Outcomes& a, const Outcomes& b) {
    if (std::none_of(b.begin(), b.end(), Executes)) {
      for (const Outcome& allowed : a) {
        if (Executes(allowed)) {
          SEKISHO_RETURN_IF_ERROR(AddOne(allowed.when, allowed.action, b));
        }
      }
      return absl::OkStatus();
    }
    if (a.size() * b.size() > kPairsMax) {
      return absl::ResourceExhaustedError(base::StrCat("the cases of ", syscall_, " are too many"));
    }
    for (const Outcome& allowed : a) {
      for (const Outcome& refused : b) {
        if (Executes(allowed) && !Executes(refused)) {
          SEKISHO_RETURN_IF_ERROR(AddOne(Both(allowed.when, refused.when), allowed.action, b));
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddOne(WordTests when, Action allowed_by, const Outcomes& b) {
    SEKISHO_ASSIGN_OR_RETURN(const std::optional<Arguments> example, Satisfy(when));
    if (!example.has_value()) {
      return absl::OkStatus();
    }
    const auto refused = std::find_if(
        b.begin(), b.end(), [&](const Outcome& outcome) { return Holds(outcome.when, *example); });
    SEKISHO_ASSIGN_OR_RETURN(when, Shortened(std::move(when)));
    excess_->push_back({.arch = arch_,
                        .syscall = std::string(syscall_),
                        .when = std::move(when),
                        .example = *example,
                        .allowed_by = allowed_by,
                        .refused_by = refused == b.end() ? Action::kErrno : refused->action});
    return absl::OkStatus();
  }

  const Arch& arch_;
  std::string_view syscall_;
  std::vector<Excess>* excess_;
};

// Whether this machine's kernel has programs of that architecture. A profile for several kinds of
// nodes names others as well, and their part of its filter is never asked.
bool RunsHere(const Arch& arch) {
  if (arch == NativeArch()) {
    return true;
  }
  for (const ArchMapEntry& entry : RuntimeDefault().arch_map) {
    if (entry.architecture == NativeArch()) {
      return std::find(entry.sub_architectures.begin(), entry.sub_architectures.end(), arch) !=
             entry.sub_architectures.end();
    }
  }
  return false;
}

// The native one first, the others by name.
std::vector<Arch> InOrder(std::vector<Arch> architectures) {
  std::sort(architectures.begin(), architectures.end(), [](const Arch& x, const Arch& y) {
    const Arch native = NativeArch();
    return std::pair(x != native, x.name) < std::pair(y != native, y.name);
  });
  return architectures;
}

}  // namespace

absl::StatusOr<std::vector<Excess>> Compare(const Verdicts& a, const Verdicts& b) {
  std::vector<Excess> excess;
  for (const Arch& arch : InOrder(a.architectures())) {
    if (!RunsHere(arch)) {
      continue;
    }
    // "" sorts before every name.
    SEKISHO_RETURN_IF_ERROR(OneCall(arch, "", &excess).Add(a.ForUnknown(arch), b.ForUnknown(arch)));
    for (const Syscall& syscall : SyscallsOf(arch)) {
      SEKISHO_RETURN_IF_ERROR(OneCall(arch, syscall.name, &excess)
                                  .Add(a.For(arch, syscall.name), b.For(arch, syscall.name)));
    }
  }
  return excess;
}

}  // namespace sekisho::seccomp
